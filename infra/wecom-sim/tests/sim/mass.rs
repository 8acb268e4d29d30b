use serde_json::{Value, json};

use crate::bench::{Bench, START_MS};

const DAY: i64 = 86_400;

impl Bench {
    /// "LiMing" with friends of these ids; what left so far is forgotten.
    pub(crate) async fn with_friends(ids: &[&str]) -> Self {
        let bench = Self::new();
        bench.control("staff", json!({"userid": "LiMing"})).await;
        for id in ids {
            bench.befriend(id, "LiMing").await;
        }
        bench.forget();
        bench
    }

    pub(crate) async fn befriend(&self, id: &str, userid: &str) {
        self.control("customers", json!({"external_userid": id})).await;
        self.control(&format!("customers/{id}/add"), json!({"userid": userid})).await;
    }

    pub(crate) async fn template(&self, fields: Value) -> Value {
        let mut body = json!({"text": {"content": "周末到店有礼"}});
        body.as_object_mut().expect("an object").extend(fields.as_object().expect("fields").clone());
        self.post("externalcontact/add_msg_template", body).await
    }

    /// A task that has been handed out; its msgid.
    pub(crate) async fn task(&self, fields: Value) -> Value {
        let made = self.template(fields).await;
        assert_eq!(made["errcode"], 0, "{made}");
        self.pass(3);
        made["msgid"].clone()
    }

    pub(crate) async fn confirm(&self, userid: &str, msgid: &Value) -> Value {
        self.control(&format!("staff/{userid}/confirm"), json!({"msgid": msgid})).await
    }

    pub(crate) async fn ask(&self, api: &str, body: Value) -> Value {
        self.post(&format!("externalcontact/{api}"), body).await
    }

    /// Customer or group → status, by WeCom's answer.
    pub(crate) async fn results(&self, msgid: &Value, userid: &str) -> Vec<(String, i64)> {
        let mut found = Vec::new();
        let mut cursor = json!("");
        loop {
            let body = json!({"msgid": msgid, "userid": userid, "cursor": cursor});
            let page = self.ask("get_groupmsg_send_result", body).await;
            assert_eq!(page["errcode"], 0, "{page}");
            for row in page["send_list"].as_array().expect("a list") {
                let id = row.get("external_userid").or(row.get("chat_id")).and_then(Value::as_str);
                found.push((id.expect("an id").to_owned(), row["status"].as_i64().expect("a status")));
            }
            cursor = page["next_cursor"].clone();
            if cursor == "" {
                return found;
            }
        }
    }

    pub(crate) async fn mass_inbox(&self, userid: &str) -> Value {
        self.look(&format!("staff/{userid}/inbox")).await["mass"].clone()
    }

    async fn letters(&self, id: &str) -> usize {
        let inbox = self.look(&format!("customers/{id}/inbox")).await;
        inbox["items"].as_array().expect("items").iter().filter(|item| item["via"] == "mass").count()
    }
}

pub(crate) fn pairs(rows: &[(&str, i64)]) -> Vec<(String, i64)> {
    rows.iter().map(|(id, status)| ((*id).to_owned(), *status)).collect()
}

#[tokio::test]
async fn nothing_is_sent_until_the_member_confirms() {
    let bench = Bench::with_friends(&["wmA", "wmB"]).await;
    let msgid = bench.task(json!({"external_userid": ["wmA", "wmB"]})).await;
    let tasks = bench.ask("get_groupmsg_task", json!({"msgid": msgid})).await;
    assert_eq!(tasks["task_list"], json!([{"userid": "LiMing", "status": 0}]));
    assert_eq!(bench.results(&msgid, "liming").await, pairs(&[("wmA", 0), ("wmB", 0)]));
    let waiting = bench.mass_inbox("LiMing").await;
    assert_eq!((&waiting[0]["state"], &waiting[0]["text"]), (&json!("waiting"), &json!("周末到店有礼")));
    assert_eq!(bench.letters("wmA").await, 0);

    bench.pass(3600);
    let confirmed = bench.confirm("liming", &msgid).await;
    assert_eq!(confirmed["to"], json!([{"id": "wmA", "status": 1}, {"id": "wmB", "status": 1}]));
    let tasks = bench.ask("get_groupmsg_task", json!({"msgid": msgid})).await;
    let sent_at = START_MS / 1000 + 3603;
    assert_eq!(tasks["task_list"], json!([{"userid": "LiMing", "status": 2, "send_time": sent_at}]));
    assert_eq!(bench.results(&msgid, "LiMing").await, pairs(&[("wmA", 1), ("wmB", 1)]));
    let inbox = bench.look("customers/wmA/inbox").await;
    assert_eq!(inbox["items"][0]["text"], "周末到店有礼");
    assert_eq!(inbox["items"][0]["via"], "mass");
    assert!(bench.posts().is_empty(), "and the app is told of nothing");
}

#[tokio::test]
async fn a_member_confirms_what_is_theirs_and_once() {
    let bench = Bench::with_friends(&["wmA"]).await;
    bench.control("staff", json!({"userid": "WangFang"})).await;
    let msgid = bench.task(json!({"sender": "LiMing"})).await;
    for (userid, msgid, status) in
        [("WangFang", msgid.clone(), 409), ("LiMing", json!("msg0"), 404), ("nobody", msgid.clone(), 404)]
    {
        let (code, problem) =
            bench.try_control(&format!("staff/{userid}/confirm"), json!({"msgid": msgid})).await;
        assert_eq!(code, status, "{userid} {problem}");
    }
    bench.confirm("LiMing", &msgid).await;
    let (code, _) = bench.try_control("staff/LiMing/confirm", json!({"msgid": msgid})).await;
    assert_eq!(code, 409);
    assert_eq!(bench.letters("wmA").await, 1);
}

#[tokio::test]
async fn without_a_sender_each_customer_goes_to_who_last_had_to_do_with_them() {
    let bench = Bench::with_friends(&["wmA", "wmB"]).await;
    bench.control("staff", json!({"userid": "WangFang"})).await;
    bench.pass(60);
    for id in ["wmA", "wmB"] {
        bench.befriend(id, "WangFang").await;
    }
    bench.pass(60);
    bench.control("customers/wmA/say", json!({"userid": "LiMing", "text": "在吗"})).await;
    let msgid = bench.task(json!({"external_userid": ["wmA", "wmB"]})).await;
    assert_eq!(bench.results(&msgid, "LiMing").await, pairs(&[("wmA", 0)]));
    assert_eq!(bench.results(&msgid, "WangFang").await, pairs(&[("wmB", 0)]));
}

#[tokio::test]
async fn who_cannot_be_reached_is_named_and_nobody_at_all_is_refused() {
    let bench = Bench::with_friends(&["wmA", "wmGone", "wmHalf"]).await;
    bench.control("staff", json!({"userid": "WangFang"})).await;
    bench.control("staff/LiMing/delete", json!({"external_userid": "wmGone"})).await;
    bench.control("customers", json!({"external_userid": "wmShy"})).await;
    bench.control("customers/wmShy/add", json!({"userid": "LiMing", "half": true})).await;
    let ids = json!(["wmA", "wmA", "wmGone", "wmShy", "wmUnknown"]);
    let made = bench.template(json!({"external_userid": ids})).await;
    assert_eq!(made["fail_list"], json!(["wmGone", "wmShy", "wmUnknown"]));
    let none = bench.template(json!({"external_userid": ["wmGone"]})).await;
    assert_eq!(none["errcode"], 41048);
    let others = bench.template(json!({"external_userid": ["wmA"], "sender": "WangFang"})).await;
    assert_eq!(others["errcode"], 41048, "no friend of that sender");
    let all = bench.task(json!({"sender": "liming"})).await;
    assert_eq!(bench.results(&all, "LiMing").await, pairs(&[("wmA", 0), ("wmHalf", 0)]));
}

#[tokio::test]
async fn tags_are_any_of_a_list_and_one_of_every_list() {
    let bench = Bench::with_friends(&["wmA", "wmB", "wmC"]).await;
    let (old, new) = (bench.app_tag("状态", "老").await, bench.app_tag("状态", "新").await);
    let city = bench.app_tag("城市", "深圳").await;
    let mut marks = Vec::new();
    for (id, tags) in [("wmA", vec![&old]), ("wmB", vec![&new, &city]), ("wmC", vec![&city])] {
        let body = json!({"userid": "LiMing", "external_userid": id, "add_tag": tags});
        marks.push(bench.ask("mark_tag", body).await["errcode"].clone());
    }
    assert_eq!(marks, [0, 0, 0]);
    let filter = |lists: Value| {
        let lists: Vec<Value> =
            lists.as_array().expect("lists").iter().map(|list| json!({"tag_list": list})).collect();
        json!({"tag_filter": {"group_list": lists}})
    };
    for (lists, expected) in [
        (json!([[old, new]]), vec!["wmA", "wmB"]),
        (json!([[old, new], [city]]), vec!["wmB"]),
        (json!([[city]]), vec!["wmB", "wmC"]),
    ] {
        let msgid = bench.task(filter(lists)).await;
        let expected: Vec<(&str, i64)> = expected.into_iter().map(|id| (id, 0)).collect();
        assert_eq!(bench.results(&msgid, "LiMing").await, pairs(&expected));
    }
    let named = json!({"external_userid": ["wmA"], "tag_filter": filter(json!([[city]]))["tag_filter"]});
    let msgid = bench.task(named).await;
    assert_eq!(bench.results(&msgid, "LiMing").await, pairs(&[("wmA", 0)]), "names count before tags");
    assert_eq!(bench.template(filter(json!([["et0"]]))).await["errcode"], 40068);
    assert_eq!(bench.template(filter(json!([vec![&city; 101]]))).await["errcode"], 40058);
    assert_eq!(bench.template(filter(json!([[]]))).await["errcode"], 40058, "nobody is named at all");
}

#[tokio::test]
async fn a_task_has_limits() {
    let bench = Bench::with_friends(&["wmA"]).await;
    bench.control("staff", json!({"userid": "Idle", "licensed": false})).await;
    let image = json!({"msgtype": "image", "image": {"media_id": bench.picture().await}});
    let many: Vec<String> = (0..10_001).map(|n| format!("wm{n}")).collect();
    for (fields, errcode) in [
        (json!({"external_userid": many}), 40058),
        (json!({"sender": "LiMing", "text": {"content": "字".repeat(1334)}}), 45002),
        (json!({"sender": "LiMing", "text": {}}), 44004),
        (json!({"sender": "LiMing", "attachments": vec![&image; 10]}), 41064),
        (json!({"sender": "LiMing", "attachments": [{"msgtype": "voice"}]}), 41065),
        (json!({"sender": "LiMing", "attachments": [{"msgtype": "file", "file": {"media_id": "x"}}]}), 40007),
        (json!({"sender": "nobody"}), 60111),
        (json!({"sender": "Idle"}), 60011),
        (json!({"chat_type": "crowd", "sender": "LiMing"}), 40058),
        (json!({}), 40058),
        (
            json!({"sender": "LiMing", "text": {"content": "字".repeat(1333)}, "attachments": vec![&image; 9]}),
            0,
        ),
    ] {
        let answer = bench.template(fields.clone()).await;
        assert_eq!(answer["errcode"], errcode, "{answer}");
    }
}

#[tokio::test]
async fn who_has_left_fails_when_the_member_sends() {
    let bench = Bench::with_friends(&["wmA", "wmB"]).await;
    bench.control("customers/wmA/block", json!({"userid": "LiMing"})).await;
    let made = bench.template(json!({"external_userid": ["wmA", "wmB"]})).await;
    assert_eq!(made["fail_list"], json!([]), "for WeCom the contact is there, one-way");
    bench.confirm("LiMing", &made["msgid"]).await;
    bench.pass(3);
    assert_eq!(bench.results(&made["msgid"], "LiMing").await, pairs(&[("wmA", 2), ("wmB", 1)]));
    assert_eq!(bench.letters("wmA").await, 0);
}

#[tokio::test]
async fn a_customer_receives_as_many_as_the_month_has_days() {
    let bench = Bench::with_friends(&["wmA"]).await;
    for _ in 0..31 {
        let msgid = bench.task(json!({"sender": "LiMing"})).await;
        bench.confirm("LiMing", &msgid).await;
    }
    let capped = bench.task(json!({"sender": "LiMing"})).await;
    bench.confirm("LiMing", &capped).await;
    assert_eq!(bench.results(&capped, "LiMing").await, pairs(&[("wmA", 3)]), "October has 31 days");
    assert_eq!(bench.letters("wmA").await, 31);
    bench.pass(23 * DAY);
    let november = bench.task(json!({"sender": "LiMing"})).await;
    bench.confirm("LiMing", &november).await;
    assert_eq!(bench.results(&november, "LiMing").await, pairs(&[("wmA", 1)]));
}

#[tokio::test]
async fn the_corp_may_choose_a_week_or_a_day() {
    for (per, most, later) in [("week", 7, 7 * DAY), ("day", 1, DAY)] {
        let bench = Bench::with_friends(&["wmA"]).await;
        bench.control("mass/rule", json!({"per": per})).await;
        assert_eq!(bench.look("limits").await["mass_rule"], per);
        for n in 0..=most {
            let msgid = bench.task(json!({"sender": "LiMing"})).await;
            bench.confirm("LiMing", &msgid).await;
            let status = if n < most { 1 } else { 3 };
            assert_eq!(bench.results(&msgid, "LiMing").await, pairs(&[("wmA", status)]), "{per} {n}");
        }
        bench.pass(later);
        let msgid = bench.task(json!({"sender": "LiMing"})).await;
        bench.confirm("LiMing", &msgid).await;
        assert_eq!(bench.results(&msgid, "LiMing").await, pairs(&[("wmA", 1)]), "{per}");
    }
    let bench = Bench::new();
    let (status, problem) = bench.try_control("mass/rule", json!({"per": "year"})).await;
    assert_eq!((status, &problem["field"]), (400, &json!("per")));
}

#[tokio::test]
async fn a_member_s_own_mass_messages_count_too() {
    let bench = Bench::with_friends(&["wmA", "wmB"]).await;
    bench.control("mass/rule", json!({"per": "day"})).await;
    let own = json!({"external_userid": ["wmA"], "text": "周末愉快"});
    let sent = bench.control("staff/LiMing/mass_send", own.clone()).await;
    assert_eq!(sent["to"], json!([{"id": "wmA", "status": 1}]));
    let again = bench.control("staff/LiMing/mass_send", own).await;
    assert_eq!(again["to"], json!([{"id": "wmA", "status": 3}]));
    let msgid = bench.task(json!({"sender": "LiMing"})).await;
    bench.confirm("LiMing", &msgid).await;
    assert_eq!(bench.results(&msgid, "LiMing").await, pairs(&[("wmA", 3), ("wmB", 1)]));
    assert_eq!(bench.letters("wmA").await, 1);
    let reminded = bench.ask("remind_groupmsg_send", json!({"msgid": sent["msgid"]})).await;
    assert_eq!(reminded["errcode"], 41047, "it is not the corp's");
}

#[tokio::test]
async fn a_member_leaves_out_whom_they_like_if_the_corp_lets_them() {
    let bench = Bench::with_friends(&["wmA", "wmB"]).await;
    let strict = bench.task(json!({"sender": "LiMing"})).await;
    let body = |msgid: &Value, out: &str| json!({"msgid": msgid, "deselect": [out]});
    let (status, problem) = bench.try_control("staff/LiMing/confirm", body(&strict, "wmA")).await;
    assert_eq!((status, &problem["field"]), (409, &json!("deselect")));
    let free = bench.task(json!({"sender": "LiMing", "allow_select": true})).await;
    let (status, _) = bench.try_control("staff/LiMing/confirm", body(&free, "wmZ")).await;
    assert_eq!(status, 404);
    bench.control("staff/LiMing/confirm", body(&free, "wmA")).await;
    assert_eq!(bench.results(&free, "LiMing").await, pairs(&[("wmA", 0), ("wmB", 1)]));
    assert_eq!((bench.letters("wmA").await, bench.letters("wmB").await), (0, 1));
}

#[tokio::test]
async fn a_group_owner_sends_to_their_groups() {
    let bench = Bench::with_friends(&[]).await;
    bench.control("staff", json!({"userid": "WangFang"})).await;
    for (chat_id, owner) in [("wrA", "LiMing"), ("wrB", "liming"), ("wrC", "WangFang")] {
        bench.control("groups", json!({"chat_id": chat_id, "owner": owner, "name": "老友群"})).await;
    }
    assert_eq!(bench.look("groups").await["items"].as_array().map(Vec::len), Some(3));
    let group = |fields: Value| {
        let mut body = json!({"chat_type": "group"});
        body.as_object_mut().expect("an object").extend(fields.as_object().expect("fields").clone());
        body
    };
    assert_eq!(bench.template(group(json!({"chat_id_list": ["wrA"]}))).await["errcode"], 40058);
    let none = bench.template(group(json!({"sender": "LiMing", "chat_id_list": ["wrC"]}))).await;
    assert_eq!(none["errcode"], 41048);
    let many = group(json!({"sender": "LiMing", "chat_id_list": vec!["wrA"; 2001]}));
    assert_eq!(bench.template(many).await["errcode"], 40058);
    let some = group(json!({"sender": "LiMing", "chat_id_list": ["wrB", "wrC"]}));
    assert_eq!(bench.template(some).await["fail_list"], json!(["wrC"]));

    let msgid = bench.task(group(json!({"sender": "LiMing"}))).await;
    assert_eq!(bench.results(&msgid, "LiMing").await, pairs(&[]), "only what was sent is shown");
    bench.confirm("LiMing", &msgid).await;
    assert_eq!(bench.results(&msgid, "LiMing").await, pairs(&[("wrA", 1), ("wrB", 1)]));
}

#[tokio::test]
async fn what_was_sent_in_the_mass_ends_the_time_of_welcomes() {
    let bench = Bench::with_friends(&[]).await;
    bench.control("customers", json!({"external_userid": "wmA"})).await;
    let code = bench.control("customers/wmA/add", json!({"userid": "LiMing"})).await["welcome_code"].clone();
    let msgid = bench.task(json!({"sender": "LiMing"})).await;
    bench.confirm("LiMing", &msgid).await;
    let welcome = json!({"welcome_code": code, "text": {"content": "你好"}});
    assert_eq!(bench.ask("send_welcome_msg", welcome).await["errcode"], 41051);
}
