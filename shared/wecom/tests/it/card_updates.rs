//! `message/update_template_card` and `message/recall`.

use http::Method;
use serde_json::{Value, json};
use wecom::message::{CardChange, CardUpdate, NewsNotice, Receivers, Target, TemplateCard, TextNotice};
use wecom::message::{CardImage, Picture};
use wecom::{Class, Error};

use crate::double::{Double, token, url};
use crate::interactive_cards::{lists, title};
use crate::messages::some;

fn update(change: CardChange) -> CardUpdate {
    let receivers = Receivers::Members(vec!["zhangsan".to_owned(), "lisi".to_owned()]);
    CardUpdate { receivers, agentid: 1_000_002, response_code: "RC".to_owned(), change }
}

fn button(replace_name: &str) -> CardChange {
    CardChange::ReplaceButton { replace_name: replace_name.to_owned() }
}

fn card(card: TemplateCard, replace_text: Option<&str>) -> CardChange {
    CardChange::ReplaceCard { card: Box::new(card), replace_text: replace_text.map(str::to_owned) }
}

pub(crate) fn notice() -> TemplateCard {
    let card = TextNotice::new(Target::Url("https://u".to_owned()));
    TemplateCard::TextNotice(TextNotice { main_title: Some(title()), ..card })
}

async fn sent(update: &CardUpdate) -> Value {
    let (client, double) = Double::with("{}");
    assert!(client.update_card(&token(), update).await.expect("updated").is_empty());
    let asked = double.asked_once();
    assert_eq!((&asked.method, &asked.url), (&Method::POST, &url("message/update_template_card")));
    asked.json()
}

async fn problem(update: &CardUpdate) -> String {
    let (client, double) = Double::answering([]);
    let error = client.update_card(&token(), update).await.expect_err("invalid");
    assert!(matches!(error, Error::Invalid { .. }) && double.asked().is_empty(), "{error}");
    error.to_string().trim_start_matches("message/update_template_card: ").to_owned()
}

#[tokio::test]
async fn buttons_turn_grey_for_members_or_for_everybody() {
    assert_eq!(
        sent(&update(button("已完成"))).await,
        json!({
            "userids": ["zhangsan", "lisi"], "agentid": 1_000_002, "response_code": "RC",
            "button": {"replace_name": "已完成"},
        })
    );
    let everybody = CardUpdate { receivers: Receivers::Everybody, ..update(button("已完成")) };
    assert_eq!(
        sent(&everybody).await,
        json!({"atall": 1, "agentid": 1_000_002, "response_code": "RC", "button": {"replace_name": "已完成"}})
    );
}

#[tokio::test]
async fn another_card_takes_the_place_of_the_old_one() {
    let expected = json!({
        "userids": ["zhangsan", "lisi"], "agentid": 1_000_002, "response_code": "RC",
        "template_card": {
            "card_type": "text_notice", "main_title": {"title": "标题"},
            "card_action": {"type": 1, "url": "https://u"},
        },
    });
    assert_eq!(sent(&update(card(notice(), None))).await, expected);

    let list = wecom::message::ButtonSelection {
        question_key: "q".to_owned(),
        title: None,
        option_list: vec![wecom::message::SelectOption { id: "a".to_owned(), text: "A".to_owned() }],
        selected_id: some("a"),
    };
    let grey = card(TemplateCard::MultipleInteraction(lists(vec![list])), Some("已提交"));
    let body = sent(&update(grey)).await;
    assert_eq!(body["template_card"]["card_type"], "multiple_interaction");
    assert_eq!(body["template_card"]["replace_text"], "已提交");
}

#[tokio::test]
async fn an_update_that_cannot_work_is_not_sent() {
    let to =
        |userids: Vec<String>| CardUpdate { receivers: Receivers::Members(userids), ..update(button("x")) };
    let image = Picture::CardImage(CardImage { url: "https://i".to_owned(), aspect_percent: None });
    let picture =
        TemplateCard::NewsNotice(NewsNotice::new(title(), image, Target::Url("https://u".to_owned())));
    let untitled = TemplateCard::TextNotice(TextNotice::new(Target::Url("https://u".to_owned())));
    for (update, expected) in [
        (CardUpdate { response_code: String::new(), ..update(button("x")) }, "response_code: is required"),
        (to(Vec::new()), "userids: 0 entries, at least 1"),
        (to(vec!["u".to_owned(); 1001]), "userids: 1001 entries, at most 1000"),
        (to(vec![String::new()]), "userids[0]: is required"),
        (update(button("")), "button.replace_name: is required"),
        (update(card(notice(), Some("x"))), "template_card.replace_text: is for cards that have a button"),
        (update(card(picture, Some("x"))), "template_card.replace_text: is for cards that have a button"),
        (
            update(card(TemplateCard::MultipleInteraction(lists(Vec::new())), Some(""))),
            "template_card.select_list: 0 entries, at least 1",
        ),
        (
            update(card(untitled, None)),
            "template_card.main_title.title: is required unless there is a sub_title_text",
        ),
    ] {
        assert_eq!(problem(&update).await, expected);
    }
    let shown = format!("{:?}", update(card(notice(), None)));
    assert!(!shown.contains("标题") && !shown.contains("RC"), "{shown}");
}

#[tokio::test]
async fn who_keeps_the_old_card_is_read_from_the_answer() {
    let (client, _) =
        Double::with(r#"{"errcode":0,"errmsg":"ok","invaliduser":["userid1","userid2"],"invalidparty":[1]}"#);
    let kept = client.update_card(&token(), &update(button("x"))).await.expect("updated for others");
    assert_eq!(kept, ["userid1", "userid2"]);
    let error = Double::refusing(60140).update_card(&token(), &update(button("x"))).await;
    let error = error.expect_err("used before");
    assert_eq!((error.code(), error.class(), error.is_ambiguous()), (Some(60140), Class::Never, false));
}

#[tokio::test]
async fn recalling_names_the_message() {
    let (client, double) = Double::with(r#"{"errcode":0,"errmsg":"ok"}"#);
    client.recall_message(&token(), "ms1").await.expect("recalled");
    let asked = double.asked_once();
    assert_eq!(asked.url, url("message/recall"));
    assert_eq!(asked.json(), json!({"msgid": "ms1"}));
    for code in [42052, 40058] {
        let error = Double::refusing(code).recall_message(&token(), "ms1").await.expect_err("refused");
        assert_eq!((error.code(), error.class()), (Some(code), Class::Never));
    }
    let (client, double) = Double::answering([]);
    let error = client.recall_message(&token(), "").await.expect_err("invalid");
    assert_eq!(error.to_string(), "message/recall: msgid: is required");
    assert!(double.asked().is_empty());
}
