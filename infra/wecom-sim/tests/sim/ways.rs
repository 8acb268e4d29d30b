use serde_json::{Value, json};

use crate::bench::Bench;
use crate::callers::code;

async fn call(bench: &Bench, api: &str, body: Value) -> Value {
    bench.post(&format!("externalcontact/{api}_contact_way"), body).await
}

async fn made(bench: &Bench, body: Value) -> String {
    let answer = call(bench, "add", body).await;
    answer["config_id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

fn single() -> Value {
    json!({"type": 1, "scene": 2, "user": ["liming"], "state": "expo"})
}

#[tokio::test]
async fn a_way_is_made_read_changed_and_deleted() {
    let bench = Bench::new();
    bench.people().await;
    let answer = call(&bench, "add", single()).await;
    let config_id = answer["config_id"].as_str().expect("an id");
    let qr_code = answer["qr_code"].as_str().expect("an address");
    assert!(qr_code.starts_with("https://"));
    let way = call(&bench, "get", json!({"config_id": config_id})).await["contact_way"].clone();
    assert_eq!(way["qr_code"], qr_code);
    assert_eq!((&way["type"], &way["scene"], &way["state"]), (&json!(1), &json!(2), &json!("expo")));
    assert_eq!(way["skip_verify"], true, "unless said otherwise");
    assert_eq!(way["user"], json!(["liming"]));
    assert!(way.get("style").is_none());

    bench.control("staff", json!({"userid": "ZhaoLiu"})).await;
    let change = json!({"config_id": config_id, "user": ["ZhaoLiu"], "remark": "展台", "skip_verify": false});
    assert_eq!(code(&call(&bench, "update", change).await), 0);
    let way = call(&bench, "get", json!({"config_id": config_id})).await["contact_way"].clone();
    assert_eq!((&way["user"], &way["remark"]), (&json!(["ZhaoLiu"]), &json!("展台")));
    assert_eq!((&way["state"], &way["skip_verify"]), (&json!("expo"), &json!(false)));

    assert_eq!(code(&call(&bench, "del", json!({"config_id": config_id})).await), 0);
    for api in ["get", "del", "update"] {
        assert_eq!(code(&call(&bench, api, json!({"config_id": config_id})).await), 41044, "{api}");
        assert_eq!(code(&call(&bench, api, json!({})).await), 41043, "{api}");
    }
    assert_eq!(bench.posts(), []);
}

#[tokio::test]
async fn a_way_says_what_is_missing_or_wrong() {
    let bench = Bench::new();
    bench.people().await;
    bench.control("staff", json!({"userid": "idle", "status": "inactive"})).await;
    bench.control("staff", json!({"userid": "poor", "licensed": false})).await;
    let with = |more: Value| {
        let mut body = single();
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    for (more, errcode) in [
        (json!({"type": null}), 41037),
        (json!({"scene": null}), 41038),
        (json!({"type": 3}), 41039),
        (json!({"scene": 3}), 41040),
        (json!({"scene": 1, "style": 4}), 41042),
        (json!({"scene": 1, "style": 3}), 0),
        (json!({"type": 2, "scene": 1, "style": 3}), 41042),
        (json!({"remark": "字".repeat(31)}), 40058),
        (json!({"state": "x".repeat(31)}), 40058),
        (json!({"state": "字".repeat(30)}), 0),
        (json!({"user": ["liming", "idle"]}), 40035),
        (json!({"user": []}), 40035),
        (json!({"party": [1]}), 40035),
        (json!({"user": ["nobody"]}), 40031),
        (json!({"user": ["idle"]}), 41054),
        (json!({"user": ["poor"]}), 60011),
        (json!({"type": 2, "user": [], "party": [9]}), 40066),
        (json!({"is_temp": true}), 48002),
    ] {
        assert_eq!(code(&call(&bench, "add", with(more.clone())).await), errcode, "{more}");
    }
}

#[tokio::test]
async fn a_way_leads_to_a_hundred_members_at_most_departments_expanded() {
    let bench = Bench::new();
    bench.control("departments", json!({"id": 2})).await;
    bench.control("departments", json!({"id": 3, "parent": 2})).await;
    for n in 0..100 {
        bench.control("staff", json!({"userid": format!("m{n:03}"), "departments": [3]})).await;
    }
    bench.control("staff", json!({"userid": "boss"})).await;
    let way = json!({"type": 2, "scene": 2, "party": [2]});
    assert_eq!(code(&call(&bench, "add", way).await), 0);
    let way = json!({"type": 2, "scene": 2, "party": [2], "user": ["m001"]});
    assert_eq!(code(&call(&bench, "add", way).await), 0, "nobody counts twice");
    let way = json!({"type": 2, "scene": 2, "party": [2], "user": ["boss"]});
    assert_eq!(code(&call(&bench, "add", way).await), 41041);
}

#[tokio::test]
async fn ways_are_listed_by_id_in_pages_and_by_age() {
    let bench = Bench::new();
    bench.people().await;
    let old = made(&bench, single()).await;
    bench.pass(91 * 86_400);
    let mut recent = Vec::new();
    for _ in 0..5 {
        bench.pass(60);
        recent.push(made(&bench, single()).await);
    }
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = call(&bench, "list", json!({"limit": 2, "cursor": cursor})).await;
        let ids = page["contact_way"].as_array().expect("a list");
        found.extend(ids.iter().map(|way| way["config_id"].as_str().expect("an id").to_owned()));
        cursor = page["next_cursor"].as_str().expect("a cursor").to_owned();
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!(found, recent, "the last 90 days, oldest first");
    let since = call(&bench, "list", json!({"start_time": 1_760_000_000, "end_time": 1_760_000_000})).await;
    assert_eq!(since["contact_way"], json!([{"config_id": old}]));
    assert_eq!(code(&call(&bench, "list", json!({"limit": 1001})).await), 40058);
    assert_eq!(code(&call(&bench, "list", json!({"cursor": "x"})).await), 50100);
}

#[tokio::test]
async fn another_app_s_ways_do_not_exist() {
    let bench = Bench::new();
    bench.people().await;
    bench.control("apps", json!({"agentid": 5, "secret": "other"})).await;
    let config_id = made(&bench, single()).await;
    let body = json!({"config_id": config_id});
    assert_eq!(code(&bench.post_as("other", "externalcontact/get_contact_way", body).await), 41044);
    let list = bench.post_as("other", "externalcontact/list_contact_way", json!({})).await;
    assert_eq!(list["contact_way"], json!([]));
}

#[tokio::test]
async fn who_scans_adds_a_member_of_the_way_and_brings_its_state() {
    let bench = Bench::new();
    bench.people().await;
    let config_id = made(&bench, single()).await;
    let scanned = bench.control("customers/wmAnna/scan", json!({"config_id": config_id})).await;
    assert_eq!(scanned["userid"], "LiMing");
    let events = bench.callbacks();
    assert_eq!(events[0].field("ChangeType").as_deref(), Some("add_external_contact"));
    assert_eq!(events[0].field("State").as_deref(), Some("expo"));
    assert_eq!(events[0].field("WelcomeCode").as_deref(), scanned["welcome_code"].as_str());
    let detail = bench.get("externalcontact/get", "external_userid=wmAnna").await;
    let follow = &detail["follow_user"][0];
    assert_eq!((&follow["add_way"], &follow["state"]), (&json!(1), &json!("expo")));

    bench.forget();
    let again = bench.control("customers/wmAnna/scan", json!({"state": "expo"})).await;
    assert_eq!((&again["userid"], &again["event"]), (&json!("LiMing"), &Value::Null), "a friend is opened");
    assert_eq!(bench.posts(), []);
}

#[tokio::test]
async fn a_way_for_many_spreads_customers_as_the_seed_will() {
    let spread = |seed: u64| async move {
        let bench = Bench::seeded(seed);
        for userid in ["a", "b", "c"] {
            bench.control("staff", json!({"userid": userid})).await;
        }
        bench.control("staff", json!({"userid": "gone"})).await;
        let way = json!({"type": 2, "scene": 2, "user": ["a", "b", "c", "gone"]});
        let config_id = made(&bench, way).await;
        bench.control("staff/gone/leave", json!({})).await;
        let mut served = Vec::new();
        for n in 0..30 {
            let id = format!("wm{n}");
            bench.control("customers", json!({"external_userid": id})).await;
            let scan = json!({"config_id": config_id});
            let scanned = bench.control(&format!("customers/{id}/scan"), scan).await;
            served.push(scanned["userid"].as_str().expect("a userid").to_owned());
        }
        served
    };
    let first = spread(1).await;
    for userid in ["a", "b", "c"] {
        assert!(first.iter().any(|served| served == userid), "{userid}: {first:?}");
    }
    assert!(!first.iter().any(|served| served == "gone"));
    assert_eq!(first, spread(1).await);
    assert_ne!(first, spread(2).await);
}

#[tokio::test]
async fn a_scan_of_nothing_says_so() {
    let bench = Bench::new();
    bench.people().await;
    let config_id = made(&bench, single()).await;
    bench.control("staff/LiMing/licence", json!({"on": false})).await;
    for (body, status, field) in [
        (json!({}), 400, "config_id"),
        (json!({"config_id": config_id, "state": "expo"}), 400, "config_id"),
        (json!({"config_id": "no"}), 404, "config_id"),
        (json!({"state": "no"}), 404, "state"),
        (json!({"config_id": config_id}), 409, "config_id"),
    ] {
        let (found, problem) = bench.try_control("customers/wmAnna/scan", body.clone()).await;
        assert_eq!((found, problem["field"].as_str()), (status, Some(field)), "{body}");
    }
}
