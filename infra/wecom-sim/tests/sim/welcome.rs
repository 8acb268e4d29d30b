use serde_json::{Value, json};

use crate::bench::Bench;
use crate::media::png;

async fn greet(bench: &Bench, code: &str) -> i64 {
    let answer = bench
        .post("externalcontact/send_welcome_msg", json!({"welcome_code": code, "text": {"content": "你好"}}))
        .await;
    answer["errcode"].as_i64().expect("an errcode")
}

async fn inbox(bench: &Bench) -> Value {
    bench.look("customers/wmAnna/inbox").await["items"].clone()
}

#[tokio::test]
async fn a_code_works_once_within_twenty_seconds() {
    let (bench, code) = Bench::befriended().await;
    bench.pass(20);
    assert_eq!(greet(&bench, &code).await, 0);
    assert_eq!(greet(&bench, &code).await, 41051);
    let items = inbox(&bench).await;
    assert_eq!(items.as_array().map(Vec::len), Some(1));
    assert_eq!(items[0]["text"], "你好");
    assert_eq!(items[0]["via"], "welcome");
    assert_eq!(items[0]["userid"], "LiMing");
}

#[tokio::test]
async fn a_used_code_is_used_however_late_and_an_unused_one_is_invalid() {
    let (bench, used) = Bench::befriended().await;
    assert_eq!(greet(&bench, &used).await, 0);
    bench.control("customers", json!({"external_userid": "wmBea"})).await;
    let unused = bench.control("customers/wmBea/add", json!({"userid": "LiMing"})).await;
    bench.pass_ms(20_001);
    assert_eq!(greet(&bench, &used).await, 41051);
    let unused = unused["welcome_code"].as_str().expect("a code");
    assert_eq!(greet(&bench, unused).await, 41050);
    assert_eq!(greet(&bench, "no-such-code").await, 41050);
    assert_eq!(greet(&bench, "").await, 41049);
}

#[tokio::test]
async fn who_has_begun_to_chat_is_not_welcomed() {
    let (bench, code) = Bench::befriended().await;
    bench.control("customers/wmAnna/say", json!({"userid": "LiMing", "text": "在吗"})).await;
    assert_eq!(greet(&bench, &code).await, 41051);
    assert_eq!(inbox(&bench).await, json!([]));
}

#[tokio::test]
async fn a_used_half_code_leaves_none_for_the_whole() {
    let bench = Bench::new();
    bench.people().await;
    let half = bench.control("customers/wmAnna/add", json!({"userid": "LiMing", "half": true})).await;
    let code = half["welcome_code"].as_str().expect("a code");
    assert_eq!(greet(&bench, code).await, 0);
    let whole = bench.control("customers/wmAnna/add", json!({"userid": "LiMing"})).await;
    assert_eq!(whole["welcome_code"], Value::Null);
    assert_eq!(bench.callbacks()[1].field("WelcomeCode"), None);
}

#[tokio::test]
async fn where_the_console_greets_no_code_is_issued() {
    let bench = Bench::new();
    bench.people().await;
    bench.control("staff", json!({"userid": "liming", "console_welcome": true})).await;
    let added = bench.control("customers/wmAnna/add", json!({"userid": "LiMing"})).await;
    assert_eq!(added["welcome_code"], Value::Null);
    assert_eq!(added["event"], "add_external_contact");
}

#[tokio::test]
async fn content_has_limits_in_bytes() {
    let (bench, code) = Bench::befriended().await;
    let send = |rest: Value| {
        let mut body = json!({"welcome_code": code});
        body.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
        body
    };
    let image = json!({"msgtype": "image", "image": {"media_id": bench.picture().await}});
    for (rest, errcode) in [
        (json!({}), 44004),
        (json!({"text": {"content": "字".repeat(1334)}}), 45002),
        (json!({"attachments": vec![&image; 10]}), 41064),
        (json!({"attachments": [{"msgtype": "voice"}]}), 41065),
        (json!({"attachments": [{"msgtype": "link"}]}), 40058),
        (json!({"text": {"content": "字".repeat(1333)}, "attachments": [&image]}), 0),
    ] {
        let answer = bench.post("externalcontact/send_welcome_msg", send(rest)).await;
        assert_eq!(answer["errcode"], errcode, "{answer}");
    }
    assert_eq!(inbox(&bench).await[0]["attachments"], json!([image]));
}

#[tokio::test]
async fn every_attachment_has_its_own_rules() {
    let (bench, code) = Bench::befriended().await;
    let (picture, film) = (bench.picture().await, bench.film().await);
    let link = |fields: Value| json!({"msgtype": "link", "link": fields});
    let program = |fields: Value| {
        let mut program =
            json!({"title": "预约", "pic_media_id": picture, "appid": "wx123", "page": "a.html"});
        program.as_object_mut().expect("an object").extend(fields.as_object().expect("fields").clone());
        json!({"msgtype": "miniprogram", "miniprogram": program})
    };
    let long = format!("https://x/{}", "y".repeat(2048));
    for (bad, errcode) in [
        (json!({"msgtype": "image", "image": {}}), 41006),
        (json!({"msgtype": "image", "image": {"media_id": "unknown"}}), 40007),
        (json!({"msgtype": "image", "image": {"media_id": film}}), 40007),
        (json!({"msgtype": "image", "image": {"pic_url": "https://elsewhere/a.png"}}), 40058),
        (json!({"msgtype": "video", "video": {"media_id": picture}}), 40007),
        (json!({"msgtype": "file", "file": {"media_id": picture}}), 40007),
        (link(json!({"url": "https://x"})), 41016),
        (link(json!({"title": "字".repeat(43), "url": "https://x"})), 40058),
        (link(json!({"title": "t"})), 41010),
        (link(json!({"title": "t", "url": "x.cn"})), 45034),
        (link(json!({"title": "t", "url": long})), 40058),
        (link(json!({"title": "t", "url": "https://x", "desc": "字".repeat(171)})), 40058),
        (link(json!({"title": "t", "url": "https://x", "picurl": "x"})), 45034),
        (program(json!({"title": "字".repeat(22)})), 40058),
        (program(json!({"pic_media_id": film})), 40007),
        (program(json!({"appid": "gh_1"})), 90207),
        (program(json!({"page": ""})), 40058),
    ] {
        let body = json!({"welcome_code": code, "attachments": [bad]});
        let answer = bench.post("externalcontact/send_welcome_msg", body).await;
        assert_eq!(answer["errcode"], errcode, "{bad}: {answer}");
    }
    let linked = bench.upload("media/uploadimg", "a.png", &png(100)).await["url"].clone();
    let good = json!([
        {"msgtype": "image", "image": {"pic_url": linked}},
        link(json!({"title": "字".repeat(42), "url": "https://x", "desc": "字".repeat(170)})),
        program(json!({})),
        {"msgtype": "video", "video": {"media_id": film}},
    ]);
    let body = json!({"welcome_code": code, "attachments": good});
    assert_eq!(bench.post("externalcontact/send_welcome_msg", body).await["errcode"], 0);
}

#[tokio::test]
async fn a_picture_older_than_three_days_is_refused() {
    let bench = Bench::new();
    bench.people().await;
    let picture = bench.picture().await;
    bench.pass(3 * 86_400);
    let added = bench.control("customers/wmAnna/add", json!({"userid": "LiMing"})).await;
    let image = json!({"msgtype": "image", "image": {"media_id": picture}});
    let body = json!({"welcome_code": added["welcome_code"], "attachments": [image]});
    assert_eq!(bench.post("externalcontact/send_welcome_msg", body).await["errcode"], 40007);
}

async fn hindered(hindrance: &str) -> (Bench, String) {
    let bench = Bench::new();
    bench.people().await;
    let body = json!({"userid": "LiMing", "hindrance": hindrance});
    let added = bench.control("customers/wmAnna/add", body).await;
    let code = added["welcome_code"].as_str().expect("a code").to_owned();
    (bench, code)
}

#[tokio::test]
async fn while_another_app_is_sending_one_has_to_wait() {
    let (bench, code) = hindered("other_sends").await;
    assert_eq!(greet(&bench, &code).await, 41096);
    bench.pass(3);
    assert_eq!(greet(&bench, &code).await, 41051, "the other one was delivered");

    let (bench, code) = hindered("other_fails").await;
    bench.pass_ms(2999);
    assert_eq!(greet(&bench, &code).await, 41096);
    bench.pass_ms(1);
    assert_eq!(greet(&bench, &code).await, 0);
    assert_eq!(greet(&bench, &code).await, 41051);
}

#[tokio::test]
async fn a_welcome_waits_for_consent_which_brings_a_code_of_its_own() {
    let (bench, code) = hindered("no_consent").await;
    assert_eq!(greet(&bench, &code).await, 41053);
    bench.pass(60);
    assert_eq!(greet(&bench, &code).await, 41050);
    bench.forget();
    let agreed = bench.control("customers/wmAnna/consent", json!({"userid": "LiMing"})).await;
    assert_eq!(bench.changes(), ["msg_audit_approved"]);
    let code = agreed["welcome_code"].as_str().expect("a new code");
    assert_eq!(bench.callbacks()[0].field("WelcomeCode").as_deref(), Some(code));
    bench.pass(20);
    assert_eq!(greet(&bench, code).await, 0);
    let (status, problem) =
        bench.try_control("customers/wmAnna/add", json!({"userid": "LiMing", "hindrance": "rain"})).await;
    assert_eq!((status, &problem["field"]), (400, &json!("hindrance")));
}

#[tokio::test]
async fn who_blocked_the_member_meanwhile_gets_nothing() {
    let (bench, code) = Bench::befriended().await;
    bench.control("customers/wmAnna/block", json!({"userid": "LiMing"})).await;
    assert_eq!(greet(&bench, &code).await, 0);
    assert_eq!(inbox(&bench).await, json!([]));
}
