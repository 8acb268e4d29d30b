use serde_json::{Value, json};

use crate::bench::{Bench, START_MS};
use crate::mass::pairs;

const DAY: i64 = 86_400;

#[tokio::test]
async fn right_after_its_creation_a_task_is_still_being_handed_out() {
    let bench = Bench::with_friends(&["wmA"]).await;
    let msgid = bench.template(json!({"sender": "LiMing"})).await["msgid"].clone();
    let of = json!({"msgid": msgid, "userid": "LiMing"});
    let since =
        json!({"chat_type": "single", "start_time": START_MS / 1000, "end_time": START_MS / 1000 + 60});
    bench.pass_ms(2999);
    for api in
        ["get_groupmsg_task", "get_groupmsg_send_result", "remind_groupmsg_send", "cancel_groupmsg_send"]
    {
        assert_eq!(bench.ask(api, of.clone()).await["errcode"], 41063, "{api}");
    }
    assert_eq!(bench.ask("get_groupmsg_list_v2", since.clone()).await["group_msg_list"], json!([]));
    bench.pass_ms(1);
    for api in ["get_groupmsg_task", "get_groupmsg_send_result", "cancel_groupmsg_send"] {
        assert_eq!(bench.ask(api, of.clone()).await["errcode"], 0, "{api}");
    }
    let listed = bench.ask("get_groupmsg_list_v2", since).await;
    assert_eq!(listed["group_msg_list"][0]["msgid"], msgid);
}

#[tokio::test]
async fn a_task_is_reminded_of_three_times_a_day() {
    let bench = Bench::with_friends(&["wmA"]).await;
    let msgid = json!({"msgid": bench.task(json!({"sender": "LiMing"})).await});
    for code in [0, 0, 0, 41094] {
        assert_eq!(bench.ask("remind_groupmsg_send", msgid.clone()).await["errcode"], code);
        bench.pass(3600);
    }
    assert_eq!(bench.mass_inbox("LiMing").await[0]["reminded"], 3);
    bench.pass(DAY - 4 * 3600);
    assert_eq!(bench.ask("remind_groupmsg_send", msgid).await["errcode"], 0);
}

#[tokio::test]
async fn a_cancelled_task_stops_those_who_have_not_sent() {
    let bench = Bench::with_friends(&["wmA"]).await;
    bench.control("staff", json!({"userid": "WangFang"})).await;
    bench.befriend("wmB", "WangFang").await;
    let msgid = bench.task(json!({"external_userid": ["wmA", "wmB"]})).await;
    bench.confirm("LiMing", &msgid).await;
    let of = json!({"msgid": msgid});
    assert_eq!(bench.ask("cancel_groupmsg_send", of.clone()).await["errcode"], 0);
    assert_eq!(bench.ask("cancel_groupmsg_send", of.clone()).await["errcode"], 41093);
    assert_eq!(bench.ask("remind_groupmsg_send", of.clone()).await["errcode"], 41093);
    let (status, problem) = bench.try_control("staff/WangFang/confirm", of).await;
    assert_eq!((status, &problem["field"]), (409, &json!("msgid")));
    assert_eq!(bench.mass_inbox("WangFang").await[0]["state"], "cancelled");
    assert_eq!(bench.results(&msgid, "LiMing").await, pairs(&[("wmA", 1)]), "what was sent stays");
    assert_eq!(bench.results(&msgid, "WangFang").await, pairs(&[("wmB", 0)]));
}

#[tokio::test]
async fn a_task_is_known_by_its_id() {
    let bench = Bench::with_friends(&["wmA"]).await;
    let msgid = bench.task(json!({"sender": "LiMing"})).await;
    for api in
        ["get_groupmsg_task", "get_groupmsg_send_result", "remind_groupmsg_send", "cancel_groupmsg_send"]
    {
        assert_eq!(bench.ask(api, json!({})).await["errcode"], 41046, "{api}");
        assert_eq!(bench.ask(api, json!({"msgid": "msg0"})).await["errcode"], 41047, "{api}");
    }
    for userid in [json!("nobody"), Value::Null] {
        let body = json!({"msgid": msgid, "userid": userid});
        assert_eq!(bench.ask("get_groupmsg_send_result", body).await["errcode"], 40003);
    }
}

#[tokio::test]
async fn the_list_tells_the_corp_s_from_the_members_own() {
    let bench = Bench::with_friends(&["wmA"]).await;
    let corp = bench.task(json!({"sender": "LiMing"})).await;
    let own = json!({"external_userid": ["wmA"], "text": "周末愉快"});
    let own = bench.control("staff/LiMing/mass_send", own).await["msgid"].clone();
    let start = START_MS / 1000;
    let list = |rest: Value| {
        let mut body = json!({"chat_type": "single", "start_time": start, "end_time": start + 600});
        body.as_object_mut().expect("an object").extend(rest.as_object().expect("fields").clone());
        body
    };
    for (rest, expected) in [
        (json!({}), vec![&own, &corp]),
        (json!({"filter_type": 2}), vec![&own, &corp]),
        (json!({"filter_type": 0}), vec![&corp]),
        (json!({"filter_type": 1}), vec![&own]),
        (json!({"creator": "liming"}), vec![&own]),
        (json!({"creator": "other"}), vec![]),
        (json!({"chat_type": "group"}), vec![]),
        (json!({"end_time": start + 1}), vec![&corp]),
    ] {
        let mut found = Vec::new();
        let mut cursor = json!("");
        loop {
            let mut body = list(rest.clone());
            body["cursor"] = cursor;
            let page = bench.ask("get_groupmsg_list_v2", body).await;
            found.extend(page["group_msg_list"].as_array().expect("a list").clone());
            cursor = page["next_cursor"].clone();
            if cursor == "" {
                break;
            }
        }
        let ids: Vec<&Value> = found.iter().map(|task| &task["msgid"]).collect();
        assert_eq!(ids, expected, "{rest}");
        for task in &found {
            let is_own = task["msgid"] == own;
            assert_eq!(task["create_type"], i64::from(is_own));
            assert_eq!(task.get("creator"), is_own.then(|| json!("LiMing")).as_ref());
            assert!(task["create_time"].as_str().is_some_and(|time| time.starts_with("17600000")), "a text");
        }
    }
    for bad in [
        json!({"chat_type": null}),
        json!({"start_time": null}),
        json!({"end_time": start - 1}),
        json!({"end_time": start + 31 * DAY + 1}),
    ] {
        assert_eq!(bench.ask("get_groupmsg_list_v2", list(bad)).await["errcode"], 40058);
    }
}

#[tokio::test]
async fn results_come_in_pages_of_which_some_are_short() {
    let ids: Vec<String> = (0..40).map(|n| format!("wm{n:02}")).collect();
    let bench = Bench::with_friends(&ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let msgid = bench.task(json!({"sender": "LiMing"})).await;
    let page = |limit: i64, cursor: &Value| json!({"msgid": msgid, "userid": "LiMing", "limit": limit, "cursor": cursor});
    let (mut cursor, mut rows, mut sizes) = (json!(""), 0, Vec::new());
    loop {
        let answer = bench.ask("get_groupmsg_send_result", page(3, &cursor)).await;
        sizes.push(answer["send_list"].as_array().expect("a list").len());
        rows += sizes.last().expect("a size");
        cursor = answer["next_cursor"].clone();
        if cursor == "" {
            break;
        }
    }
    assert_eq!(rows, 40);
    let (_, full) = sizes.split_last().expect("pages");
    assert!(full.iter().all(|size| (1..=3).contains(size)), "{sizes:?}");
    assert!(full.contains(&3) && full.iter().any(|size| *size < 3), "{sizes:?}");
    let over = bench.ask("get_groupmsg_send_result", page(1001, &json!(""))).await;
    assert!(!over["send_list"].as_array().expect("a list").is_empty(), "too large a limit is the default");
    let garbage = bench.ask("get_groupmsg_send_result", page(7, &json!("xyz"))).await;
    assert_eq!(garbage["errcode"], 50100);
    let first = bench.ask("get_groupmsg_send_result", page(7, &json!(""))).await;
    let elsewhere = json!({"msgid": msgid, "cursor": first["next_cursor"]});
    assert_eq!(bench.ask("get_groupmsg_task", elsewhere).await["errcode"], 50100, "a cursor is of its query");
}

#[tokio::test]
async fn tasks_survive_a_snapshot() {
    let bench = Bench::with_friends(&["wmA"]).await;
    let msgid = bench.task(json!({"sender": "LiMing"})).await;
    let copy = Bench::new();
    copy.sim.restore(bench.sim.snapshot()).expect("its own snapshot");
    copy.pass(3);
    copy.confirm("LiMing", &msgid).await;
    assert_eq!(copy.results(&msgid, "LiMing").await, pairs(&[("wmA", 1)]));
}
