use serde_json::{Value, json};

use crate::bench::{Bench, START_MS};
use crate::callers::code;

const DAY: i64 = 86_400;
const TODAY: i64 = START_MS / 1000;
/// The midnight in China before the bench begins.
const MIDNIGHT: i64 = 1_759_939_200;

async fn ask(bench: &Bench, body: Value) -> Value {
    bench.post("externalcontact/get_user_behavior_data", body).await
}

/// One row, of the day that holds this second.
async fn day(bench: &Bench, userids: Value, at: i64) -> Value {
    let answer = ask(bench, json!({"userid": userids, "start_time": at, "end_time": at})).await;
    let rows = answer["behavior_data"].as_array().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(rows.len(), 1);
    rows[0].clone()
}

async fn customer_says(bench: &Bench, id: &str, userid: &str) {
    bench.control(&format!("customers/{id}/say"), json!({"userid": userid, "text": "在吗"})).await;
}

async fn member_says(bench: &Bench, userid: &str, id: &str) {
    bench.control(&format!("staff/{userid}/say"), json!({"external_userid": id, "text": "在的"})).await;
}

#[tokio::test]
async fn a_day_tells_what_happened_on_it() {
    let (bench, _) = Bench::befriended().await;
    for id in ["wmBea", "wmCid"] {
        bench.control("customers", json!({"external_userid": id})).await;
    }
    bench.control("customers/wmBea/add", json!({"userid": "LiMing"})).await;
    bench.control("customers/wmCid/add", json!({"userid": "LiMing", "by_member": true})).await;
    customer_says(&bench, "wmAnna", "LiMing").await;
    bench.pass(600);
    member_says(&bench, "LiMing", "wmAnna").await;
    member_says(&bench, "LiMing", "wmAnna").await;
    customer_says(&bench, "wmBea", "LiMing").await;
    member_says(&bench, "LiMing", "wmCid").await;
    bench.control("customers/wmBea/block", json!({"userid": "LiMing"})).await;

    let row = day(&bench, json!(["liming"]), TODAY).await;
    assert_eq!(row["stat_time"], MIDNIGHT);
    assert_eq!(row["new_contact_cnt"], 3);
    assert_eq!(row["new_apply_cnt"], 1);
    assert_eq!(row["negative_feedback_cnt"], 1);
    assert_eq!(row["chat_cnt"], 2, "in which the member spoke");
    assert_eq!(row["message_cnt"], 3);
    assert_eq!(row["reply_percentage"], 50.0, "one of two whom a customer began");
    assert_eq!(row["avg_reply_time"], 10);
    let detail = bench.get("externalcontact/get", "external_userid=wmCid").await;
    assert_eq!(detail["follow_user"][0]["oper_userid"], "LiMing");
}

#[tokio::test]
async fn a_day_without_answers_has_no_share_of_them() {
    let (bench, _) = Bench::befriended().await;
    customer_says(&bench, "wmAnna", "LiMing").await;
    let row = day(&bench, json!(["LiMing"]), TODAY).await;
    assert_eq!(row["chat_cnt"], 0);
    assert_eq!((row.get("reply_percentage"), row.get("avg_reply_time")), (None, None));
    bench.pass(DAY);
    member_says(&bench, "LiMing", "wmAnna").await;
    let row = day(&bench, json!(["LiMing"]), TODAY + DAY).await;
    assert_eq!(row["message_cnt"], 1);
    assert!(row.get("reply_percentage").is_none(), "the answer came a day late");
}

#[tokio::test]
async fn days_turn_at_midnight_in_china_and_several_members_are_one_sum() {
    let (bench, _) = Bench::befriended().await;
    bench.control("departments", json!({"id": 2})).await;
    bench.control("staff", json!({"userid": "WangWu", "departments": [2]})).await;
    bench.control("customers/wmAnna/add", json!({"userid": "WangWu"})).await;
    bench.pass(MIDNIGHT + DAY - TODAY - 1);
    member_says(&bench, "LiMing", "wmAnna").await;
    bench.pass(1);
    member_says(&bench, "WangWu", "wmAnna").await;
    let range = json!({"userid": ["liming"], "partyid": [2], "start_time": TODAY, "end_time": TODAY + DAY});
    let answer = ask(&bench, range).await;
    let rows = answer["behavior_data"].as_array().expect("rows");
    let counts: Vec<(&Value, &Value)> =
        rows.iter().map(|row| (&row["new_contact_cnt"], &row["message_cnt"])).collect();
    assert_eq!(counts, [(&json!(2), &json!(1)), (&json!(0), &json!(1))]);
    let one = day(&bench, json!(["WangWu"]), TODAY).await;
    assert_eq!((&one["new_contact_cnt"], &one["message_cnt"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn thirty_days_within_the_last_hundred_and_eighty() {
    let (bench, _) = Bench::befriended().await;
    bench.pass(200 * DAY);
    let now = TODAY + 200 * DAY;
    let many: Vec<String> = (0..101).map(|n| format!("m{n}")).collect();
    for (body, errcode) in [
        (json!({"userid": ["liming"], "start_time": now - 30 * DAY, "end_time": now}), 0),
        (json!({"userid": ["liming"], "start_time": now - 31 * DAY, "end_time": now}), 40058),
        (json!({"userid": ["liming"], "start_time": now - 180 * DAY, "end_time": now - 170 * DAY}), 0),
        (json!({"userid": ["liming"], "start_time": now - 181 * DAY, "end_time": now - 170 * DAY}), 40058),
        (json!({"userid": ["liming"], "start_time": now, "end_time": now - DAY}), 40058),
        (json!({"userid": ["liming"], "start_time": now, "end_time": now + DAY}), 40058),
        (json!({"userid": ["liming"], "end_time": now}), 40058),
        (json!({"start_time": now, "end_time": now}), 40035),
        (json!({"userid": ["nobody"], "start_time": now, "end_time": now}), 40031),
        (json!({"userid": many, "start_time": now, "end_time": now}), 40032),
        (json!({"partyid": [9], "start_time": now, "end_time": now}), 40066),
        (json!({"partyid": [1], "start_time": now, "end_time": now}), 0),
    ] {
        assert_eq!(code(&ask(&bench, body.clone()).await), errcode, "{body}");
    }
    bench.control("apps", json!({"visible": {"users": ["liming"]}})).await;
    let body = json!({"partyid": [1], "start_time": now, "end_time": now});
    assert_eq!(code(&ask(&bench, body).await), 60011);
}

#[tokio::test]
async fn the_platform_names_its_addresses() {
    let bench = Bench::new();
    for api in ["getcallbackip", "get_api_domain_ip"] {
        let answer = bench.get(api, "").await;
        let list = answer["ip_list"].as_array().expect("a list");
        assert!(list.iter().all(Value::is_string) && list.contains(&json!("127.0.0.1")), "{api}");
    }
    let ranges = bench.get("getcallbackip", "").await;
    assert!(ranges.to_string().contains(".*\""), "some are ranges");
}
