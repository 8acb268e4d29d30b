use serde_json::{Value, json};

use crate::bench::Bench;

fn text(to: &str, content: &str) -> Value {
    json!({"touser": to, "msgtype": "text", "agentid": 1_000_002, "text": {"content": content}})
}

async fn send(bench: &Bench, body: Value) -> Value {
    bench.post("message/send", body).await
}

async fn inbox(bench: &Bench) -> Vec<Value> {
    bench.look("staff/liming/inbox").await["items"].as_array().expect("items").clone()
}

#[tokio::test]
async fn a_message_reaches_those_who_exist() {
    let bench = Bench::new();
    bench.people().await;
    let answer = send(&bench, text("LIMING|NoBody", "该联系安娜了")).await;
    assert_eq!(answer["errcode"], 0);
    assert_eq!(answer["invaliduser"], "nobody", "ids come back lower-cased");
    assert!(answer["msgid"].is_string());
    let items = inbox(&bench).await;
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["text"], "该联系安娜了");
    assert_eq!(send(&bench, text("@all", "大家好")).await["errcode"], 0);
    assert_eq!(inbox(&bench).await.len(), 2);
}

#[tokio::test]
async fn a_message_to_nobody_is_refused() {
    let bench = Bench::new();
    bench.people().await;
    assert_eq!(send(&bench, text("a|b", "x")).await["errcode"], 81013);
    assert_eq!(send(&bench, text("", "x")).await["errcode"], 82001);
    assert_eq!(send(&bench, text("LiMing", "")).await["errcode"], 44004);
    let mut other = text("LiMing", "x");
    other["agentid"] = json!(1);
    assert_eq!(send(&bench, other).await["errcode"], 301_002);
    let mut other = text("LiMing", "x");
    other["msgtype"] = json!("mime");
    assert_eq!(send(&bench, other).await["errcode"], 40008);
    assert!(inbox(&bench).await.is_empty());
}

#[tokio::test]
async fn a_long_text_is_cut_at_a_character() {
    let bench = Bench::new();
    bench.people().await;
    send(&bench, text("LiMing", &"字".repeat(700))).await;
    let items = inbox(&bench).await;
    let kept = items[0]["text"].as_str().expect("a text");
    assert_eq!(kept.chars().count(), 682);
}

#[tokio::test]
async fn a_repeat_within_the_interval_is_not_delivered_twice() {
    let bench = Bench::new();
    bench.people().await;
    let mut body = text("LiMing", "x");
    body["enable_duplicate_check"] = json!(1);
    body["duplicate_check_interval"] = json!(600);
    let first = send(&bench, body.clone()).await;
    bench.pass(599);
    let repeat = send(&bench, body.clone()).await;
    assert_eq!(repeat["errcode"], 0);
    assert_eq!(repeat["msgid"], first["msgid"]);
    assert_eq!(inbox(&bench).await.len(), 1);
    send(&bench, text("LiMing", "x")).await;
    assert_eq!(inbox(&bench).await.len(), 2, "only who asks is checked");
    bench.pass(600);
    send(&bench, body).await;
    assert_eq!(inbox(&bench).await.len(), 3);
}

fn card(card: &Value) -> Value {
    json!({"touser": "LiMing", "msgtype": "template_card", "agentid": "1000002", "template_card": card})
}

#[tokio::test]
async fn a_card_reaches_the_inbox_whole() {
    let bench = Bench::new();
    bench.people().await;
    let notice = json!({
        "card_type": "text_notice",
        "main_title": {"title": "今日待办", "desc": "3 位客户"},
        "horizontal_content_list": [{"keyname": "客户", "value": "安娜"}],
        "card_action": {"type": 1, "url": "https://x/sidebar"},
        "task_id": "slot_1",
    });
    let mut body = card(&notice);
    body["enable_duplicate_check"] = json!(1);
    let answer = send(&bench, body.clone()).await;
    assert_eq!(answer["errcode"], 0, "{answer}");
    assert!(answer.get("response_code").is_none());
    assert_eq!(inbox(&bench).await[0]["card"], notice);
    assert_eq!(
        send(&bench, body).await["msgid"],
        answer["msgid"],
        "a checked repeat is answered like the original"
    );
    assert_eq!(send(&bench, card(&notice)).await["errcode"], 42015);
    assert_eq!(inbox(&bench).await.len(), 1);
}

#[tokio::test]
async fn a_card_has_limits() {
    let bench = Bench::new();
    bench.people().await;
    let good = json!({
        "card_type": "button_interaction",
        "main_title": {"title": "确认"},
        "button_list": [{"text": "好", "key": "ok"}],
        "task_id": "t1",
    });
    let with = |pointer: &str, value: Value| {
        let mut card = good.clone();
        card[pointer] = value;
        card
    };
    for (bad, errcode) in [
        (json!({}), 42031),
        (with("card_type", json!("text_notice")), 42045),
        (with("main_title", json!({"title": "字".repeat(37)})), 42046),
        (with("main_title", json!({})), 42045),
        (with("button_list", json!([{"text": ""}])), 42045),
        (with("button_list", json!(vec![json!({"text": "a"}); 7])), 42046),
        (with("task_id", json!("不行")), 42014),
    ] {
        let answer = send(&bench, card(&bad)).await;
        assert_eq!(answer["errcode"], errcode, "{bad}");
    }
    let answer = send(&bench, card(&good)).await;
    assert_eq!(answer["errcode"], 0);
    assert!(answer["response_code"].is_string(), "interactive cards can be answered");
}

#[tokio::test]
async fn calls_and_messages_are_counted() {
    let bench = Bench::new();
    bench.people().await;
    for n in 0..3 {
        send(&bench, text("LiMing", &n.to_string())).await;
    }
    bench.pass(61);
    send(&bench, text("LiMing", "later")).await;
    let limits = bench.look("limits").await;
    let app = &limits["app_messages"]["liming"];
    assert_eq!(app["minute"], 1);
    assert_eq!(app["busiest_minute"], 3);
    assert_eq!(app["total"], 4);
    assert_eq!(limits["apis"]["message/send"]["total"], 4);
}
