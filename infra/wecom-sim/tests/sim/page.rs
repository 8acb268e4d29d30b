//! What the page needs besides what scripts do.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::bench::{Bench, Runner, START_MS};
use crate::cards::{buttons, send};

impl Bench {
    async fn state(&self, query: &str) -> Value {
        let (status, _, text) = self.request("GET", &format!("/sim/state{query}"), None).await;
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).expect("JSON")
    }

    async fn asset(&self, name: &str) -> String {
        let (status, _, text) = self.request("GET", &format!("/sim/assets/{name}"), None).await;
        assert_eq!(status, 200, "{name}");
        text
    }

    async fn refusal(&self, method: &str, path: &str) -> (u16, Value) {
        let (status, _, text) = self.request(method, &format!("/sim/control/{path}"), None).await;
        (status, serde_json::from_str(&text).expect("JSON"))
    }
}

/// What stands between two marks, each time.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    text.split(open).skip(1).filter_map(|rest| rest.split(close).next()).collect()
}

#[tokio::test]
async fn every_part_that_the_page_or_a_script_names_is_served_and_none_comes_from_elsewhere() {
    let bench = Bench::new();
    let (_, _, page) = bench.request("GET", "/sim/", None).await;
    let mut wanted: Vec<String> =
        between(&page, "/sim/assets/", "\"").into_iter().map(str::to_owned).collect();
    assert!(wanted.len() > 5, "{wanted:?}");
    let mut seen = Vec::new();
    while let Some(name) = wanted.pop() {
        let text = bench.asset(&name).await;
        assert!(!text.contains("https://"), "{name} names another host");
        for part in between(&text, " from './", "'").into_iter().chain(between(&text, "import './", "'")) {
            if !seen.iter().any(|known| known == part) && !wanted.iter().any(|known| known == part) {
                wanted.push(part.to_owned());
            }
        }
        seen.push(name);
    }
    assert!(seen.iter().any(|name| name == "crowd.js"), "{seen:?}");
}

#[tokio::test]
async fn the_state_is_told_once_for_each_revision() {
    let (bench, _) = Bench::befriended().await;
    let first = bench.state("").await;
    let since = first["revision"].as_str().expect("a revision");
    let again = bench.state(&format!("?since={since}")).await;
    assert_eq!(again["revision"], first["revision"]);
    assert_eq!(again["now_ms"], START_MS);
    assert!(again.get("customers").is_none(), "{again}");
    bench.control("customers/wmAnna/say", json!({"userid": "LiMing", "text": "在吗"})).await;
    let fresh = bench.state(&format!("?since={since}")).await;
    assert_ne!(fresh["revision"], first["revision"]);
    assert_eq!(fresh["phone"]["messages"][0]["text"], "在吗");
}

#[tokio::test]
async fn one_phone_and_one_desk_are_shown_and_the_rest_by_name() {
    let (bench, _) = Bench::befriended().await;
    bench.control("staff", json!({"userid": "WangFang"})).await;
    bench.control("customers", json!({"external_userid": "wmBen", "name": "小本"})).await;
    bench.control("customers/wmBen/add", json!({"userid": "WangFang"})).await;
    bench.control("customers/wmBen/say", json!({"userid": "WangFang", "text": "你好"})).await;

    let state = bench.state("?customer=wmBen").await;
    assert_eq!(state["phone"]["external_userid"], "wmBen");
    assert_eq!(state["phone"]["messages"][0]["text"], "你好");
    assert_eq!(state["desk"]["userid"], "WangFang", "the desk of whom the customer knows");
    assert_eq!(state["desk"]["friends"][0]["name"], "小本");
    assert!(state["customers"][0].get("messages").is_none());

    let state = bench.state("?customer=wmNo&staff=liming").await;
    assert_eq!(state["phone"]["external_userid"], "wmAnna", "whoever is gone gives way to the first");
    assert_eq!(state["desk"]["userid"], "LiMing");
    assert_eq!(state["staff"].as_array().map(Vec::len), Some(2));
    let empty = Bench::new().state("").await;
    assert_eq!((&empty["phone"], &empty["desk"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_large_world_is_shown_in_part_and_can_be_searched() {
    let bench = Bench::new();
    let size = json!({"staff": 1, "customers": 150, "days": 3, "silent": true, "seed": 1});
    bench.control("population", size).await;
    bench.control("customers", json!({"external_userid": "wmZoe", "name": "佐伊"})).await;
    bench.control("customers/wmZoe/add", json!({"userid": "staff001"})).await;
    let edit = json!({"external_userid": "wmZoe", "remark": "展会 VIP"});
    bench.control("staff/staff001/tag", edit).await;

    let state = bench.state("").await;
    assert_eq!(state["customers"].as_array().map(Vec::len), Some(100));
    assert_eq!((&state["customers_total"], &state["customers_found"]), (&json!(151), &json!(151)));
    assert_eq!(state["desk"]["friends"].as_array().map(Vec::len), Some(100));
    for needle in ["%E4%BD%90%E4%BC%8A", "WMZOE", "vip"] {
        let state = bench.state(&format!("?find={needle}&friends={needle}")).await;
        assert_eq!(state["customers"][0]["external_userid"], "wmZoe", "{needle}");
        assert_eq!(state["customers_found"], 1, "{needle}");
        assert_eq!(state["desk"]["friends"][0]["external_userid"], "wmZoe", "{needle}");
        assert_eq!(state["desk"]["friends_found"], 1, "{needle}");
    }
}

#[tokio::test]
async fn the_desk_holds_mass_messages_with_names_and_files() {
    let bench = Bench::with_friends(&["wmA", "wmB"]).await;
    bench.control("customers", json!({"external_userid": "wmA", "name": "安娜"})).await;
    let picture = bench.picture().await;
    let attachments = json!([{"msgtype": "image", "image": {"media_id": picture}}]);
    let msgid =
        bench.task(json!({"sender": "LiMing", "allow_select": true, "attachments": attachments})).await;

    let state = bench.state("").await;
    assert_eq!(state["staff"][0]["mass_waiting"], 1);
    let mass = &state["desk"]["mass"][0];
    assert_eq!((&mass["state"], &mass["allow_select"]), (&json!("waiting"), &json!(true)));
    assert_eq!(mass["to"][0], json!({"id": "wmA", "status": 0, "name": "安娜"}));
    assert_eq!((&mass["to_total"], &mass["statuses"]), (&json!(2), &json!({"0": 2})));
    assert_eq!(mass["files"][&picture]["name"], "f");

    let body = json!({"msgid": msgid, "deselect": ["wmB"]});
    bench.control("staff/LiMing/confirm", body).await;
    let state = bench.state("?customer=wmA").await;
    assert_eq!(state["staff"][0]["mass_waiting"], 0);
    assert_eq!(state["desk"]["mass"][0]["statuses"], json!({"0": 1, "1": 1}));
    assert_eq!(state["phone"]["messages"][0]["files"][&picture]["name"], "f");
}

#[tokio::test]
async fn a_changed_card_says_when() {
    let bench = Bench::new();
    bench.people().await;
    let sent = send(&bench, &buttons()).await;
    assert!(bench.state("").await["desk"]["notices"][0].get("changed_at").is_none());
    bench.pass(60);
    let body = json!({
        "userids": ["LiMing"], "agentid": 1_000_002, "response_code": sent["response_code"],
        "button": {"replace_name": "已处理"},
    });
    bench.post("message/update_template_card", body).await;
    let shown = &bench.state("").await["desk"]["notices"][0];
    assert_eq!(shown["replaced"], "已处理");
    assert_eq!(shown["changed_at"], "2025-10-09T08:54:20.000Z");
}

#[tokio::test]
async fn contact_ways_are_there_to_be_scanned() {
    let (bench, _) = Bench::befriended().await;
    let way = json!({"type": 1, "scene": 2, "user": ["LiMing"], "state": "expo", "remark": "车展"});
    let made = bench.post("externalcontact/add_contact_way", way).await;
    let ways = bench.state("").await["ways"].clone();
    let expected = json!([{
        "config_id": made["config_id"], "state": "expo", "remark": "车展", "members": 1, "names": ["李明"],
    }]);
    assert_eq!(ways, expected);
}

#[tokio::test]
async fn a_callback_can_be_read_as_it_left_and_in_plain() {
    let (bench, _) = Bench::befriended().await;
    let edit = json!({"external_userid": "wmAnna", "remark": "安"});
    bench.control("staff/LiMing/tag", edit).await;
    let list = bench.look("deliveries?limit=1").await;
    let n = &list["items"][0]["n"];
    assert!(list["items"][0].get("raw").is_none(), "a list stays short");
    let whole = bench.look(&format!("deliveries/{n}")).await;
    assert_eq!(whole["raw"], bench.posts()[0].body);
    assert_eq!(whole["plain"], bench.callbacks()[0].xml);
    assert_eq!((&whole["what"], &whole["fate"]), (&json!("edit_external_contact"), &json!("delivered")));

    let said = bench.control("customers/wmAnna/say", json!({"userid": "LiMing", "text": "在吗"})).await;
    let whole = bench.look(&format!("deliveries/{}", said["delivery"]["n"])).await;
    assert_eq!(whole["raw"], bench.posts()[1].body);
    assert_eq!(whole["plain"], whole["raw"], "an ingested event is not sealed");
    for wrong in ["0", "99", "x"] {
        let (status, problem) = bench.refusal("GET", &format!("deliveries/{wrong}")).await;
        assert_eq!((status, &problem["field"]), (404, &json!("n")), "{wrong}");
    }
}

#[tokio::test]
async fn a_callback_that_was_lost_can_be_read_all_the_same() {
    let (bench, _) = Bench::befriended().await;
    bench.control("faults", json!({"callbacks": "drop", "times": 1})).await;
    bench.control("customers/wmAnna/block", json!({"userid": "LiMing"})).await;
    assert!(bench.posts().is_empty());
    let lost = bench.look("deliveries?fate=dropped").await["items"].clone();
    assert_eq!(lost.as_array().map(Vec::len), Some(1));
    let whole = bench.look(&format!("deliveries/{}", lost[0]["n"])).await;
    let plain = whole["plain"].as_str().expect("a text");
    assert!(plain.contains("del_follow_user") && plain.contains("wmAnna"), "{plain}");
}

#[tokio::test]
async fn what_was_posted_is_remembered_of_the_latest_only() {
    let (bench, _) = Bench::befriended().await;
    for n in 0..300 {
        bench.control("customers/wmAnna/say", json!({"userid": "LiMing", "text": n.to_string()})).await;
    }
    let items = bench.look("deliveries").await["items"].as_array().expect("items").clone();
    assert_eq!(items.len(), 301);
    let oldest = bench.look(&format!("deliveries/{}", items[0]["n"])).await;
    assert_eq!((&oldest["raw"], &oldest["plain"]), (&Value::Null, &Value::Null));
    let next = bench.look(&format!("deliveries/{}", items[1]["n"])).await;
    assert!(next["plain"].is_string());

    let long = "长".repeat(30_000);
    let said = bench.control("customers/wmAnna/say", json!({"userid": "LiMing", "text": long})).await;
    let whole = bench.look(&format!("deliveries/{}", said["delivery"]["n"])).await;
    assert_eq!((&whole["fate"], &whole["raw"]), (&json!("delivered"), &Value::Null), "too large to keep");
}

#[tokio::test]
async fn the_log_of_calls_can_be_asked_for_errors_for_the_latest_and_in_brief() {
    let (bench, _) = Bench::befriended().await;
    bench.get("externalcontact/get", "external_userid=wmAnna").await;
    bench.get("externalcontact/get", "external_userid=wmNo").await;
    bench.control("faults", json!({"api": "externalcontact/list", "garbage": true, "times": 1})).await;
    bench.get_raw("externalcontact/list", "userid=LiMing").await;

    let errors = bench.look("calls?errors=true").await["items"].clone();
    let apis: Vec<&Value> = errors.as_array().expect("items").iter().map(|call| &call["api"]).collect();
    assert_eq!(apis, ["externalcontact/get", "externalcontact/list"]);
    assert_eq!(bench.look("calls?errors=true&api=externalcontact/get").await["items"][0], errors[0]);

    let latest = bench.look("calls?limit=1&brief=true").await["items"].clone();
    assert_eq!(latest.as_array().map(Vec::len), Some(1));
    assert!(latest[0].get("query").is_none());
    let whole = bench.look(&format!("calls/{}", latest[0]["n"])).await;
    assert_eq!(
        (&whole["api"], &whole["query"]["userid"]),
        (&json!("externalcontact/list"), &json!("LiMing"))
    );
    for (path, status, field) in [("calls/0", 404, "n"), ("calls?limit=few", 400, "limit")] {
        let (code, problem) = bench.refusal("GET", path).await;
        assert_eq!((code, &problem["field"]), (status, &json!(field)), "{path}");
    }
}

impl Bench {
    /// The same as `get`, of an answer that is no JSON.
    async fn get_raw(&self, api: &str, query: &str) -> String {
        let path = format!("/sim/cgi-bin/{api}?access_token={}&{query}", self.token().await);
        self.request("GET", &path, None).await.2
    }
}

#[tokio::test]
async fn one_fault_can_be_taken_back_alone() {
    let (bench, _) = Bench::befriended().await;
    let first = bench.control("faults", json!({"api": "mark_tag", "errcode": -1})).await;
    bench.control("faults", json!({"callbacks": "drop"})).await;
    let (status, _) = bench.refusal("DELETE", &format!("faults/{}", first["id"])).await;
    assert_eq!(status, 200);
    let left = bench.look("faults").await["items"].clone();
    assert_eq!(left.as_array().map(Vec::len), Some(1));
    assert!(left[0]["target"].get("callbacks").is_some());
    for gone in [first["id"].to_string(), "x".to_owned()] {
        let (status, problem) = bench.refusal("DELETE", &format!("faults/{gone}")).await;
        assert_eq!((status, &problem["field"]), (404, &json!("id")));
    }
}

#[tokio::test]
async fn the_clock_goes_to_whatever_happens_next() {
    let (bench, _) = Bench::befriended().await;
    let runner = Arc::new(Runner::default());
    *runner.clock.lock().expect("lock") = Some(bench.clock.clone());
    bench.sim.set_hooks(runner.clone());
    assert_eq!(bench.look("clock").await["next"], Value::Null);
    let (status, problem) = bench.try_control("clock/advance", json!({"next": true})).await;
    assert_eq!((status, &problem["field"]), (409, &json!("next")));

    bench.control("faults", json!({"callbacks": "delay", "seconds": 40})).await;
    bench.control("customers/wmAnna/block", json!({"userid": "LiMing"})).await;
    assert_eq!(bench.look("clock").await["next"], "2025-10-09T08:54:00.000Z");
    let moved = bench.control("clock/advance", json!({"next": true})).await;
    assert_eq!(moved["now_ms"], START_MS + 40_000);
    assert_eq!(bench.changes(), ["del_follow_user"]);

    *runner.next.lock().expect("lock") = Some(START_MS + 90_000);
    assert_eq!(bench.look("clock").await["next"], "2025-10-09T08:54:50.000Z", "the product's counts too");
    let moved = bench.control("clock/advance", json!({"next": true})).await;
    assert_eq!(moved["now_ms"], START_MS + 90_000);
    let moved = bench.control("clock/advance", json!({"next": true})).await;
    assert_eq!(moved["now_ms"], START_MS + 90_000, "what is overdue does not turn the clock back");
}
