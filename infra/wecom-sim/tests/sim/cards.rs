use serde_json::{Value, json};

use crate::bench::Bench;
use crate::messages::card;

pub(crate) async fn send(bench: &Bench, body: &Value) -> Value {
    bench.post("message/send", card(body)).await
}

pub(crate) async fn shown(bench: &Bench, userid: &str) -> Value {
    bench.look(&format!("staff/{userid}/inbox")).await["items"][0].clone()
}

pub(crate) fn buttons() -> Value {
    json!({
        "card_type": "button_interaction",
        "main_title": {"title": "安娜要报价"},
        "button_list": [{"text": "我来", "key": "mine"}, {"text": "看资料", "type": 1, "url": "https://x"}],
        "action_menu": {"desc": "更多", "action_list": [{"text": "不再提醒", "key": "mute"}]},
        "task_id": "t1",
    })
}

pub(crate) fn vote() -> Value {
    json!({
        "card_type": "vote_interaction",
        "main_title": {"title": "哪天拜访"},
        "checkbox": {"question_key": "day", "mode": 1, "option_list": [
            {"id": "mon", "text": "周一"}, {"id": "tue", "text": "周二"}, {"id": "wed", "text": "周三"}]},
        "submit_button": {"text": "提交", "key": "submit"},
        "task_id": "t2",
    })
}

pub(crate) fn choices() -> Value {
    json!({
        "card_type": "multiple_interaction",
        "main_title": {"title": "登记"},
        "select_list": [
            {"question_key": "level", "title": "意向", "option_list": [{"id": "a", "text": "高"}, {"id": "b", "text": "低"}]},
            {"question_key": "city", "option_list": [{"id": "sz", "text": "深圳"}]}],
        "submit_button": {"text": "提交", "key": "submit"},
        "task_id": "t3",
    })
}

fn news() -> Value {
    json!({
        "card_type": "news_notice",
        "main_title": {"title": "周报"},
        "card_image": {"url": "https://x/a.png", "aspect_ratio": 1.5},
        "vertical_content_list": [{"title": "新增", "desc": "12"}],
        "card_action": {"type": 1, "url": "https://x"},
    })
}

pub(crate) fn notice() -> Value {
    json!({
        "card_type": "text_notice",
        "main_title": {"title": "待办"},
        "horizontal_content_list": [{"keyname": "客户", "value": "安娜"}],
        "jump_list": [{"type": 1, "title": "打开", "url": "https://x"}],
        "card_action": {"type": 1, "url": "https://x"},
    })
}

/// The card with something else at a pointer; `Value::Null` takes it away.
fn with(mut card: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = card.pointer_mut(parent).expect("a parent");
    match (parent, value) {
        (Value::Object(fields), Value::Null) => {
            fields.remove(name);
        }
        (Value::Object(fields), value) => {
            fields.insert(name.to_owned(), value);
        }
        (Value::Array(entries), value) => entries[name.parse::<usize>().expect("a number")] = value,
        (other, _) => panic!("{other} has no fields"),
    }
    card
}

#[tokio::test]
async fn all_five_kinds_are_delivered_and_the_interactive_ones_can_be_changed() {
    let bench = Bench::new();
    bench.people().await;
    for (card, is_interactive) in
        [(buttons(), true), (vote(), true), (choices(), true), (news(), false), (notice(), false)]
    {
        let answer = send(&bench, &card).await;
        assert_eq!(answer["errcode"], 0, "{answer}");
        assert_eq!(answer.get("response_code").is_some(), is_interactive, "{card}");
    }
}

#[tokio::test]
async fn a_card_has_limits_with_the_published_codes() {
    let bench = Bench::new();
    bench.people().await;
    let long = "字".repeat(37);
    let option = json!({"id": "x", "text": "x"});
    for (bad, errcode) in [
        (json!({}), 42031),
        (with(notice(), "/card_type", json!("other")), 42031),
        (with(notice(), "/main_title", Value::Null), 41016),
        (with(notice(), "/main_title/title", json!(long)), 40058),
        (with(notice(), "/card_action", Value::Null), 42045),
        (with(notice(), "/card_action", json!({"type": 1})), 42028),
        (with(notice(), "/card_action", json!({"type": 2})), 42030),
        (with(notice(), "/card_action", json!({"type": 9, "url": "https://x"})), 42045),
        (with(notice(), "/horizontal_content_list/0", json!({"value": "v"})), 42027),
        (with(notice(), "/horizontal_content_list/0/keyname", json!("六个字的名字")), 40058),
        (with(notice(), "/horizontal_content_list", json!(vec![json!({"keyname": "k"}); 7])), 42035),
        (with(notice(), "/horizontal_content_list/0", json!({"keyname": "k", "type": 1})), 42028),
        (with(notice(), "/horizontal_content_list/0", json!({"keyname": "k", "type": 2})), 42029),
        (with(notice(), "/horizontal_content_list/0", json!({"keyname": "k", "type": 3})), 42050),
        (with(notice(), "/jump_list/0", json!({"type": 1, "url": "https://x"})), 42033),
        (with(notice(), "/jump_list/0", json!({"type": 1, "title": "t"})), 42028),
        (with(notice(), "/jump_list/0", json!({"type": 2, "title": "t"})), 42030),
        (with(notice(), "/jump_list", json!(vec![json!({"title": "t"}); 4])), 42042),
        (with(news(), "/main_title", Value::Null), 41016),
        (with(news(), "/card_image", Value::Null), 42044),
        (with(news(), "/card_image/url", Value::Null), 42044),
        (with(news(), "/card_image/aspect_ratio", json!(3.0)), 40058),
        (with(news(), "/vertical_content_list", json!(vec![json!({"title": "t"}); 5])), 42036),
        (with(news(), "/vertical_content_list/0/title", Value::Null), 42033),
        (with(buttons(), "/main_title/title", Value::Null), 41016),
        (with(buttons(), "/button_list", json!([])), 40058),
        (with(buttons(), "/button_list/0/text", Value::Null), 42038),
        (with(buttons(), "/button_list/0/text", json!("超过十个字的按钮名称")), 0),
        (
            with(
                with(buttons(), "/task_id", json!("t9")),
                "/button_list/0/text",
                json!("超过了十个字的按钮名称"),
            ),
            42038,
        ),
        (with(buttons(), "/button_list/0/key", Value::Null), 42039),
        (with(buttons(), "/button_list/1/url", Value::Null), 42028),
        (with(buttons(), "/button_list/0/style", json!(5)), 40058),
        (with(buttons(), "/action_menu/action_list", json!([])), 40058),
        (with(buttons(), "/action_menu/action_list/0/text", Value::Null), 42020),
        (with(buttons(), "/action_menu/action_list/0/key", Value::Null), 42019),
        (
            with(buttons(), "/action_menu/action_list", json!(vec![json!({"text": "t", "key": "k"}); 2])),
            42051,
        ),
        (with(buttons(), "/task_id", Value::Null), 42014),
        (with(buttons(), "/task_id", json!("不行")), 42014),
        (with(buttons(), "/task_id", json!("t".repeat(129))), 42014),
        (with(vote(), "/checkbox", Value::Null), 42043),
        (with(vote(), "/checkbox/question_key", Value::Null), 42043),
        (with(vote(), "/checkbox/option_list", json!(vec![option.clone(); 21])), 42037),
        (with(vote(), "/checkbox/option_list/0/id", Value::Null), 42040),
        (with(vote(), "/checkbox/option_list/0/text", Value::Null), 42041),
        (with(vote(), "/submit_button/key", Value::Null), 42046),
        (with(vote(), "/submit_button/text", Value::Null), 42049),
        (with(choices(), "/select_list", json!([])), 42047),
        (with(choices(), "/select_list/0/question_key", Value::Null), 42043),
        (with(choices(), "/select_list/0/option_list", json!(vec![option.clone(); 11])), 42037),
        (with(choices(), "/submit_button", Value::Null), 42049),
    ] {
        let answer = send(&bench, &bad).await;
        assert_eq!(answer["errcode"], errcode, "{bad}: {answer}");
    }
}

#[tokio::test]
async fn who_cannot_be_told_sends_no_buttons() {
    let bench = Bench::with(|config| config.callback_url = String::new());
    bench.people().await;
    assert_eq!(send(&bench, &buttons()).await["errcode"], 43012);
    let with_menu = json!({"action_list": [{"text": "t", "key": "k"}]});
    let menu = with(with(notice(), "/action_menu", with_menu), "/task_id", json!("t4"));
    assert_eq!(send(&bench, &menu).await["errcode"], 43012);
    assert_eq!(send(&bench, &notice()).await["errcode"], 0);
    bench.control("customers/wmAnna/add", json!({"userid": "LiMing"})).await;
    assert!(bench.posts().is_empty(), "nor is it told anything else");
}

fn update(code: &Value, rest: Value) -> Value {
    let mut body = json!({"agentid": 1_000_002, "response_code": code});
    body.as_object_mut().expect("an object").extend(rest.as_object().expect("fields").clone());
    body
}

#[tokio::test]
async fn a_code_changes_a_card_once_within_three_days() {
    let bench = Bench::new();
    bench.people().await;
    let code = send(&bench, &buttons()).await["response_code"].clone();
    let done = update(&code, json!({"userids": ["LIMING", "nobody"], "button": {"replace_name": "已处理"}}));
    let answer = bench.post("message/update_template_card", done.clone()).await;
    assert_eq!(answer["errcode"], 0, "{answer}");
    assert_eq!(answer["invaliduser"], json!(["nobody"]));
    assert_eq!(shown(&bench, "LiMing").await["replaced"], "已处理");
    assert_eq!(bench.post("message/update_template_card", done).await["errcode"], 60140, "used up");

    let code = send(&bench, &vote()).await["response_code"].clone();
    bench.pass(72 * 3600 + 1);
    let late = update(&code, json!({"atall": 1, "button": {"replace_name": "x"}}));
    assert_eq!(bench.post("message/update_template_card", late).await["errcode"], 60140);
    let unknown = update(&json!("x"), json!({"atall": 1, "button": {"replace_name": "x"}}));
    assert_eq!(bench.post("message/update_template_card", unknown).await["errcode"], 60140);
}

#[tokio::test]
async fn the_code_of_a_press_brings_a_new_card_to_all() {
    let bench = Bench::new();
    bench.people().await;
    bench.control("staff", json!({"userid": "WangFang"})).await;
    let mut message = card(&buttons());
    message["touser"] = json!("@all");
    let sent = bench.post("message/send", message).await;
    let press = json!({"msgid": sent["msgid"], "key": "mine"});
    let code = bench.control("staff/LiMing/click", press).await["response_code"].clone();
    let mut next = with(buttons(), "/main_title/title", json!("李明已认领"));
    next["replace_text"] = json!("已认领");
    let body = update(&code, json!({"atall": 1, "template_card": next}));
    let answer = bench.post("message/update_template_card", body).await;
    assert_eq!(answer["invaliduser"], json!([]), "{answer}");
    for userid in ["LiMing", "WangFang"] {
        let shown = shown(&bench, userid).await;
        assert_eq!(shown["card"]["main_title"]["title"], "李明已认领");
        assert_eq!(shown["card"]["task_id"], "t1");
        assert_eq!(shown["replaced"], "已认领");
    }
}

#[tokio::test]
async fn an_update_says_what_is_to_change_and_for_whom() {
    let bench = Bench::new();
    bench.people().await;
    let code = send(&bench, &buttons()).await["response_code"].clone();
    for (rest, errcode) in [
        (json!({"atall": 1}), 40035),
        (json!({"atall": 1, "button": {}}), 42020),
        (json!({"atall": 1, "button": {"replace_name": "x"}, "template_card": notice()}), 40035),
        (json!({"atall": 1, "template_card": {"card_type": "other"}}), 42031),
        (json!({"button": {"replace_name": "x"}}), 82001),
        (json!({"userids": vec!["a"; 1001], "button": {"replace_name": "x"}}), 40032),
        (json!({"agentid": 1, "atall": 1, "button": {"replace_name": "x"}}), 301_002),
        (json!({"partyids": [1], "button": {"replace_name": "好"}}), 0),
    ] {
        let answer = bench.post("message/update_template_card", update(&code, rest.clone())).await;
        assert_eq!(answer["errcode"], errcode, "{rest}: {answer}");
    }
    assert_eq!(shown(&bench, "LiMing").await["replaced"], "好");
}
