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

pub(crate) fn card(card: &Value) -> Value {
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
    assert_eq!(send(&bench, card(&notice)).await["errcode"], 42014, "a task id is used once");
    assert_eq!(inbox(&bench).await.len(), 1);
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

#[tokio::test]
async fn every_type_of_message_has_its_rules() {
    let bench = Bench::new();
    bench.people().await;
    let picture = bench.picture().await;
    let film = bench.film().await;
    let article = |fields: Value| json!({"articles": [fields]});
    let mp = |fields: Value| {
        let mut article = json!({"title": "t", "thumb_media_id": picture, "content": "<p>c</p>"});
        article.as_object_mut().expect("an object").extend(fields.as_object().expect("fields").clone());
        json!({"articles": [article]})
    };
    for (kind, body, errcode) in [
        ("markdown", json!({"content": "**今日** <font color=\"info\">3</font>"}), 0),
        ("markdown", json!({"content": "字".repeat(683)}), 45002),
        ("markdown", json!({}), 44004),
        ("image", json!({"media_id": picture}), 0),
        ("image", json!({"media_id": film}), 40007),
        ("image", json!({}), 41006),
        ("voice", json!({"media_id": picture}), 40007),
        ("file", json!({"media_id": picture}), 40007),
        ("video", json!({"media_id": film, "title": "t"}), 0),
        ("textcard", json!({"title": "t", "description": "d", "url": "https://x"}), 0),
        ("textcard", json!({"description": "d", "url": "https://x"}), 41016),
        ("textcard", json!({"title": "t", "url": "https://x"}), 41033),
        ("textcard", json!({"title": "t", "description": "d"}), 41010),
        ("textcard", json!({"title": "t", "description": "d", "url": "x.cn"}), 45034),
        ("news", article(json!({"title": "t", "url": "https://x"})), 0),
        ("news", article(json!({"title": "t", "appid": "wx1", "pagepath": "p"})), 0),
        ("news", article(json!({"title": "t", "appid": "1", "pagepath": "p"})), 90207),
        ("news", article(json!({"url": "https://x"})), 41016),
        ("news", article(json!({"title": "t"})), 41010),
        ("news", json!({"articles": vec![json!({"title": "t", "url": "https://x"}); 9]}), 45008),
        ("news", json!({"articles": []}), 45008),
        ("mpnews", mp(json!({})), 0),
        ("mpnews", mp(json!({"author": "字".repeat(22)})), 45032),
        ("mpnews", mp(json!({"content": "x".repeat(666 * 1024 + 1)})), 45002),
        ("mpnews", mp(json!({"thumb_media_id": film})), 40007),
        ("miniprogram_notice", json!({"appid": "wx1", "title": "订单通知"}), 48002),
        ("taskcard", json!({"title": "t"}), 40008),
    ] {
        let mut message = json!({"touser": "LiMing", "msgtype": kind, "agentid": 1_000_002});
        message[kind] = body.clone();
        let answer = send(&bench, message).await;
        assert_eq!(answer["errcode"], errcode, "{kind} {answer}");
    }
}

#[tokio::test]
async fn titles_and_descriptions_are_cut() {
    let bench = Bench::new();
    bench.people().await;
    let card = json!({"title": "题".repeat(200), "description": "述".repeat(600), "url": "https://x",
        "btntxt": "查看详情吧"});
    let mut message = json!({"touser": "LiMing", "msgtype": "textcard", "agentid": 1_000_002});
    message["textcard"] = card;
    send(&bench, message).await;
    let film = bench.film().await;
    let mut message = json!({"touser": "LiMing", "msgtype": "video", "agentid": 1_000_002});
    message["video"] = json!({"media_id": film, "title": "题".repeat(200), "description": "述".repeat(600)});
    send(&bench, message).await;
    let items = inbox(&bench).await;
    let length =
        |item: usize, field: &str| items[item]["content"][field].as_str().expect("text").chars().count();
    assert_eq!(
        (length(0, "title"), length(0, "description"), length(0, "btntxt")),
        (128, 512, 4),
        "characters"
    );
    assert_eq!((length(1, "title"), length(1, "description")), (42, 170), "128 and 512 bytes");
}

#[tokio::test]
async fn only_one_type_is_for_the_corp_alone() {
    let bench = Bench::new();
    bench.people().await;
    for (kind, safe, errcode) in [("text", 1, 0), ("text", 2, 40058), ("news", 1, 40074)] {
        let mut message = json!({"touser": "LiMing", "msgtype": kind, "agentid": 1_000_002, "safe": safe});
        message["text"] = json!({"content": "x"});
        message["news"] = json!({"articles": [{"title": "t", "url": "https://x"}]});
        assert_eq!(send(&bench, message).await["errcode"], errcode, "{kind} {safe}");
    }
}

#[tokio::test]
async fn who_has_no_licence_is_named_and_gets_nothing() {
    let bench = Bench::new();
    bench.people().await;
    bench.control("staff", json!({"userid": "WangFang", "licensed": false})).await;
    let answer = send(&bench, text("WangFang|liming", "x")).await;
    assert_eq!((&answer["errcode"], &answer["unlicenseduser"]), (&json!(0), &json!("wangfang")));
    assert_eq!(inbox(&bench).await.len(), 1);
    let answer = send(&bench, text("WangFang", "x")).await;
    assert_eq!(answer["errcode"], 0, "known, so not invalid");
    assert_eq!(bench.look("staff/wangfang/inbox").await["items"], json!([]));
}

#[tokio::test]
async fn departments_are_reached_with_all_below_them() {
    let bench = Bench::new();
    bench.people().await;
    let to = |parties: &str| {
        json!({"toparty": parties, "totag": "3", "msgtype": "text", "agentid": 1_000_002,
            "text": {"content": "x"}})
    };
    let answer = send(&bench, to("1|77")).await;
    assert_eq!((&answer["invalidparty"], &answer["invalidtag"]), (&json!("77"), &json!("3")));
    assert_eq!(inbox(&bench).await.len(), 1);
    assert_eq!(send(&bench, to("77")).await["errcode"], 81013);
    let many = vec!["1"; 101].join("|");
    assert_eq!(send(&bench, to(&many)).await["errcode"], 82002);
}

#[tokio::test]
async fn what_is_too_much_for_one_member_is_lost_without_a_word() {
    let bench = Bench::new();
    bench.people().await;
    for n in 0..31 {
        let answer = send(&bench, text("LiMing", &n.to_string())).await;
        assert_eq!(answer["errcode"], 0);
        assert_eq!(answer["invaliduser"], "");
    }
    assert_eq!(inbox(&bench).await.len(), 30);
    let limits = bench.look("limits").await;
    assert_eq!(limits["app_messages_dropped"], json!({"liming": 1}));
    bench.pass(60);
    send(&bench, text("LiMing", "later")).await;
    assert_eq!(inbox(&bench).await.len(), 31);
}

#[tokio::test]
async fn a_day_has_two_hundred_person_times_for_each_account() {
    let bench = Bench::new();
    bench.people().await;
    for n in 0..200 {
        assert_eq!(send(&bench, text("LiMing", &n.to_string())).await["errcode"], 0);
        bench.pass(5);
    }
    assert_eq!(send(&bench, text("LiMing", "one more")).await["errcode"], 45009);
    let today = bench.look("limits").await["app_messages_today"].clone();
    assert_eq!(today, json!({"sent": 200, "most": 200}));
    bench.pass(86_400);
    assert_eq!(send(&bench, text("LiMing", "tomorrow")).await["errcode"], 0);
}

#[tokio::test]
async fn a_message_can_be_taken_back_for_a_day() {
    let bench = Bench::new();
    bench.people().await;
    let recall = |msgid: &Value| json!({"msgid": msgid});
    let sent = send(&bench, text("LiMing", "写错了")).await;
    assert_eq!(bench.post("message/recall", recall(&sent["msgid"])).await["errcode"], 0);
    let items = inbox(&bench).await;
    assert_eq!(items[0]["recalled"], true);
    assert!(items[0].get("text").is_none(), "nobody reads it any more");
    let late = send(&bench, text("LiMing", "也写错了")).await;
    bench.pass(24 * 3600 + 1);
    assert_eq!(bench.post("message/recall", recall(&late["msgid"])).await["errcode"], 42052);
    assert_eq!(bench.post("message/recall", json!({"msgid": "ms0"})).await["errcode"], 40058);
    assert_eq!(bench.post("message/recall", json!({})).await["errcode"], 40058);
}
