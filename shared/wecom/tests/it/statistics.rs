//! `externalcontact/get_user_behavior_data`.

use http::Method;
use serde_json::json;
use wecom::Class;
use wecom::statistics::BehaviorQuery;

use crate::double::{Double, token, url};

const DAY: i64 = 86_400;
/// 2018-09-10 00:00 in China, which is 16:00 of the day before in UTC.
const MIDNIGHT: i64 = 1_536_508_800;

fn query(users: &[&str], start_time: i64, end_time: i64) -> BehaviorQuery {
    let users = users.iter().map(|user| (*user).to_owned()).collect();
    BehaviorQuery { users, parties: Vec::new(), start_time, end_time }
}

#[tokio::test]
async fn figures_come_by_day_and_a_day_without_chats_has_no_share_of_replies() {
    let (client, double) = Double::with(
        r#"{"errcode":0,"errmsg":"ok","behavior_data":[
            {"stat_time":1536508800,"chat_cnt":100,"message_cnt":80,"reply_percentage":60.25,"avg_reply_time":1,"negative_feedback_cnt":0,"new_apply_cnt":6,"new_contact_cnt":5},
            {"stat_time":"1536595200","chat_cnt":"20","message_cnt":40,"reply_percentage":"100","avg_reply_time":1.5,"negative_feedback_cnt":2,"new_apply_cnt":6,"new_contact_cnt":5},
            {"stat_time":1536681600,"chat_cnt":0}]}"#,
    );
    let asked_for = query(&["zhangsan", "lisi"], MIDNIGHT, MIDNIGHT + 2 * DAY);
    let days = client.get_user_behavior(&token(), &asked_for, MIDNIGHT + 3 * DAY).await.expect("told");
    let [first, second, third] = days.as_slice() else { panic!("three days") };
    assert_eq!((first.stat_time, first.chat_cnt, first.message_cnt), (MIDNIGHT, 100, 80));
    assert_eq!((first.reply_percentage, first.avg_reply_time), (Some(60.25), Some(1.0)));
    assert_eq!((first.negative_feedback_cnt, first.new_apply_cnt, first.new_contact_cnt), (0, 6, 5));
    assert_eq!(
        (second.chat_cnt, second.reply_percentage, second.avg_reply_time),
        (20, Some(100.0), Some(1.5))
    );
    assert_eq!(
        (third.stat_time, third.reply_percentage, third.avg_reply_time),
        (MIDNIGHT + 2 * DAY, None, None)
    );
    let asked = double.asked_once();
    assert_eq!((&asked.method, &asked.url), (&Method::POST, &url("externalcontact/get_user_behavior_data")));
    let expected =
        json!({"userid": ["zhangsan", "lisi"], "start_time": MIDNIGHT, "end_time": MIDNIGHT + 2 * DAY});
    assert_eq!(asked.json(), expected);
}

#[tokio::test]
async fn departments_can_be_asked_for_and_no_answer_is_no_day() {
    let (client, double) = Double::with("{}");
    let parties = BehaviorQuery { parties: vec![1001, 1002], ..query(&[], MIDNIGHT, MIDNIGHT) };
    assert!(client.get_user_behavior(&token(), &parties, MIDNIGHT).await.expect("told").is_empty());
    let expected = json!({"partyid": [1001, 1002], "start_time": MIDNIGHT, "end_time": MIDNIGHT});
    assert_eq!(double.asked_once().json(), expected);
}

#[tokio::test]
async fn thirty_days_and_half_a_year_are_counted_in_days_of_china() {
    let now = MIDNIGHT + 180 * DAY + DAY - 1;
    let (client, double) = Double::with("{}");
    // From the first to the last moment of thirty days, 180 days ago.
    let widest = query(&["a"], MIDNIGHT, MIDNIGHT + 30 * DAY - 1);
    client.get_user_behavior(&token(), &widest, now).await.expect("just allowed");
    assert_eq!(double.asked().len(), 1);
    for (query, expected) in [
        (query(&["a"], MIDNIGHT, MIDNIGHT + 30 * DAY), "end_time: 31 days with start_time, at most 30"),
        (query(&["a"], MIDNIGHT - 1, MIDNIGHT), "start_time: is 181 days ago, at most 180"),
        (query(&["a"], MIDNIGHT, MIDNIGHT - 1), "end_time: is before start_time"),
    ] {
        let error = client.get_user_behavior(&token(), &query, now).await.expect_err("invalid");
        assert_eq!(error.to_string(), format!("externalcontact/get_user_behavior_data: {expected}"));
    }
    assert!(double.asked().is_empty());
}

#[tokio::test]
async fn nobody_and_too_many_are_not_asked_for() {
    let users: Vec<String> = (0..101).map(|i| format!("u{i}")).collect();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    let day = |users: &[&str]| query(users, MIDNIGHT, MIDNIGHT);
    let (client, double) = Double::with("{}");
    client.get_user_behavior(&token(), &day(&users[..100]), MIDNIGHT).await.expect("a hundred are allowed");
    assert_eq!(double.asked().len(), 1);
    for (query, expected) in [
        (day(&[]), "userid: is empty, and so is partyid"),
        (day(&users), "userid: 101 entries, at most 100"),
        (day(&["a", ""]), "userid[1]: is required"),
        (BehaviorQuery { parties: (1..=101).collect(), ..day(&[]) }, "partyid: 101 entries, at most 100"),
        (BehaviorQuery { parties: vec![0], ..day(&[]) }, "partyid[0]: is 0, at least 1"),
        (query(&["a"], i64::MIN, i64::MAX), "start_time: is 106751991185085 days ago, at most 180"),
    ] {
        let error = client.get_user_behavior(&token(), &query, MIDNIGHT).await.expect_err("invalid");
        assert_eq!(error.to_string(), format!("externalcontact/get_user_behavior_data: {expected}"));
    }
    assert!(double.asked().is_empty());
}

#[tokio::test]
async fn refusals_of_figures_have_their_classes() {
    for (code, class) in [(60011, Class::State), (40032, Class::Never), (45009, Class::RateLimit)] {
        let client = Double::refusing(code);
        let error = client.get_user_behavior(&token(), &query(&["a"], MIDNIGHT, MIDNIGHT), MIDNIGHT).await;
        let error = error.expect_err("refused");
        assert_eq!((error.code(), error.class(), error.is_ambiguous()), (Some(code), class, false));
    }
}
