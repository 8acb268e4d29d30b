//! `news_notice`, `vote_interaction` and `multiple_interaction` in `message/send`.

use serde_json::json;
use wecom::message::{
    ActionMenu, Body, ButtonSelection, CardImage, CheckOption, Checkbox, CheckboxMode, ImageTextArea, Jump,
    MainTitle, MenuAction, Message, MultipleInteraction, NewsNotice, Picture, QuoteArea, Row, RowKind,
    SelectOption, Source, SubmitButton, Target, TemplateCard, VerticalContent, VoteInteraction,
};

use crate::messages::{message, problem, sent, some};

fn card(card: TemplateCard) -> Message {
    message(Body::TemplateCard(Box::new(card)))
}

fn news(notice: NewsNotice) -> Message {
    card(TemplateCard::NewsNotice(notice))
}

fn web() -> Target {
    Target::Url("https://u".to_owned())
}

pub(crate) fn title() -> MainTitle {
    MainTitle { title: some("标题"), desc: None }
}

fn image(aspect_percent: Option<u16>) -> Picture {
    Picture::CardImage(CardImage { url: "https://i".to_owned(), aspect_percent })
}

fn notice() -> NewsNotice {
    NewsNotice::new(title(), image(None), web())
}

pub(crate) fn submit() -> SubmitButton {
    SubmitButton { text: "提交".to_owned(), key: "submit".to_owned() }
}

fn option(id: &str, is_checked: bool) -> CheckOption {
    CheckOption { id: id.to_owned(), text: "选项".to_owned(), is_checked }
}

fn vote(option_list: Vec<CheckOption>) -> VoteInteraction {
    VoteInteraction {
        source: None,
        task_id: "t1".to_owned(),
        main_title: title(),
        checkbox: Checkbox { question_key: "q1".to_owned(), mode: CheckboxMode::Single, option_list },
        submit_button: submit(),
    }
}

fn list(question_key: &str) -> ButtonSelection {
    ButtonSelection {
        question_key: question_key.to_owned(),
        title: some("选择"),
        option_list: vec![SelectOption { id: "a".to_owned(), text: "A".to_owned() }],
        selected_id: some("a"),
    }
}

pub(crate) fn lists(select_list: Vec<ButtonSelection>) -> MultipleInteraction {
    MultipleInteraction {
        source: None,
        task_id: "t1".to_owned(),
        main_title: title(),
        select_list,
        submit_button: submit(),
    }
}

#[tokio::test]
async fn a_notice_with_a_picture_is_sent_as_documented() {
    let full = NewsNotice {
        source: Some(Source { desc: some("Stepwise"), ..Source::default() }),
        action_menu: Some(ActionMenu {
            desc: "more".to_owned(),
            action_list: vec![MenuAction { text: "不再提醒".to_owned(), key: "mute".to_owned() }],
        }),
        task_id: some("t1"),
        quote_area: Some(QuoteArea { quote_text: some("q"), ..QuoteArea::default() }),
        picture: image(Some(225)),
        vertical_content_list: vec![
            VerticalContent { title: "惊喜红包等你来拿".to_owned(), desc: some("下载") },
            VerticalContent { title: "t".to_owned(), desc: None },
        ],
        horizontal_content_list: vec![Row { keyname: "k".to_owned(), value: None, kind: RowKind::Plain }],
        jump_list: vec![Jump { title: "j".to_owned(), target: Some(web()) }],
        ..notice()
    };
    let expected = json!({
        "card_type": "news_notice",
        "source": {"desc": "Stepwise"},
        "action_menu": {"desc": "more", "action_list": [{"text": "不再提醒", "key": "mute"}]},
        "task_id": "t1",
        "main_title": {"title": "标题"},
        "quote_area": {"quote_text": "q"},
        "card_image": {"url": "https://i", "aspect_ratio": 2.25},
        "vertical_content_list": [{"title": "惊喜红包等你来拿", "desc": "下载"}, {"title": "t"}],
        "horizontal_content_list": [{"keyname": "k"}],
        "jump_list": [{"type": 1, "title": "j", "url": "https://u"}],
        "card_action": {"type": 1, "url": "https://u"},
    });
    assert_eq!(sent(&news(full)).await["template_card"], expected);

    let beside = Picture::ImageTextArea(ImageTextArea {
        target: Some(web()),
        title: some("t"),
        desc: some("d"),
        image_url: "https://i".to_owned(),
    });
    let expected = json!({
        "card_type": "news_notice",
        "main_title": {"title": "标题"},
        "image_text_area": {"type": 1, "url": "https://u", "title": "t", "desc": "d", "image_url": "https://i"},
        "card_action": {"type": 1, "url": "https://u"},
    });
    assert_eq!(sent(&news(NewsNotice { picture: beside, ..notice() })).await["template_card"], expected);
}

#[tokio::test]
async fn a_vote_and_lists_are_sent_as_documented() {
    let mut poll = vote(vec![option("a", true), option("b", true)]);
    poll.source = Some(Source { desc_color: Some(1), ..Source::default() });
    poll.checkbox.mode = CheckboxMode::Multiple;
    let expected = json!({
        "card_type": "vote_interaction",
        "source": {"desc_color": 1},
        "task_id": "t1",
        "main_title": {"title": "标题"},
        "checkbox": {"question_key": "q1", "mode": 1, "option_list": [
            {"id": "a", "text": "选项", "is_checked": true}, {"id": "b", "text": "选项", "is_checked": true},
        ]},
        "submit_button": {"text": "提交", "key": "submit"},
    });
    assert_eq!(sent(&card(TemplateCard::VoteInteraction(poll))).await["template_card"], expected);

    let expected = json!({
        "card_type": "multiple_interaction",
        "task_id": "t1",
        "main_title": {"title": "标题"},
        "select_list": [
            {"question_key": "q1", "title": "选择", "option_list": [{"id": "a", "text": "A"}], "selected_id": "a"},
            {"question_key": "q2", "title": "选择", "option_list": [{"id": "a", "text": "A"}], "selected_id": "a"},
        ],
        "submit_button": {"text": "提交", "key": "submit"},
    });
    let two = lists(vec![list("q1"), list("q2")]);
    assert_eq!(sent(&card(TemplateCard::MultipleInteraction(two))).await["template_card"], expected);
}

#[tokio::test]
async fn the_limits_of_a_notice_with_a_picture_are_checked() {
    let paragraph = |title: &str| VerticalContent { title: title.to_owned(), desc: None };
    let beside = |image_url: &str, target| {
        Picture::ImageTextArea(ImageTextArea {
            target,
            title: None,
            desc: None,
            image_url: image_url.to_owned(),
        })
    };
    let menu = |keys: &[&str]| {
        let entry = |key: &&str| MenuAction { text: "t".to_owned(), key: (*key).to_owned() };
        Some(ActionMenu { desc: String::new(), action_list: keys.iter().map(entry).collect() })
    };
    for (card, expected) in [
        (NewsNotice { main_title: MainTitle::default(), ..notice() }, "main_title.title: is required"),
        (
            NewsNotice { picture: image(Some(129)), ..notice() },
            "card_image.aspect_ratio: is 129 percent, not within 130 to 225",
        ),
        (
            NewsNotice { picture: image(Some(226)), ..notice() },
            "card_image.aspect_ratio: is 226 percent, not within 130 to 225",
        ),
        (NewsNotice { picture: beside("", None), ..notice() }, "image_text_area.image_url: is required"),
        (
            NewsNotice { picture: beside("i", Some(Target::Url(String::new()))), ..notice() },
            "image_text_area.url: is required",
        ),
        (
            NewsNotice { vertical_content_list: vec![paragraph("t"); 5], ..notice() },
            "vertical_content_list: 5 entries, at most 4",
        ),
        (
            NewsNotice { vertical_content_list: vec![paragraph("")], ..notice() },
            "vertical_content_list[0].title: is required",
        ),
        (NewsNotice { action_menu: menu(&["k"]), ..notice() }, "task_id: is required with an action_menu"),
        (
            NewsNotice { action_menu: menu(&["k", "k"]), task_id: some("t"), ..notice() },
            "action_menu.action_list[1].key: is that of an earlier entry",
        ),
    ] {
        assert_eq!(problem(&news(card)).await, format!("template_card.{expected}"));
    }
    let four =
        NewsNotice { picture: image(Some(130)), vertical_content_list: vec![paragraph("t"); 4], ..notice() };
    assert_eq!(sent(&news(four)).await["template_card"]["card_image"]["aspect_ratio"], 1.3);
}

#[tokio::test]
async fn the_limits_of_votes_and_lists_are_checked() {
    let vote = |options| TemplateCard::VoteInteraction(vote(options));
    let lists = |select_list| TemplateCard::MultipleInteraction(lists(select_list));
    let many = |count: usize| (0..count).map(|n| option(&n.to_string(), false)).collect::<Vec<_>>();
    let with_submit = |text: &str, key: &str| {
        let submit_button = SubmitButton { text: text.to_owned(), key: key.to_owned() };
        TemplateCard::MultipleInteraction(MultipleInteraction {
            submit_button,
            ..self::lists(vec![list("q")])
        })
    };
    for (broken, expected) in [
        (vote(Vec::new()), "checkbox.option_list: 0 entries, at least 1"),
        (vote(many(21)), "checkbox.option_list: 21 entries, at most 20"),
        (vote(vec![option(&"a".repeat(129), false)]), "checkbox.option_list[0].id: 129 bytes, at most 128"),
        (
            vote(vec![option("a", false), option("a", false)]),
            "checkbox.option_list[1].id: is that of an earlier entry",
        ),
        (vote(vec![option("a", true), option("b", true)]), "checkbox.option_list: 2 are checked, at most 1"),
        (lists(Vec::new()), "select_list: 0 entries, at least 1"),
        (lists(vec![list("q"); 4]), "select_list: 4 entries, at most 3"),
        (lists(vec![list("q"); 2]), "select_list[1].question_key: is that of an earlier entry"),
        (lists(vec![list("")]), "select_list[0].question_key: is required"),
        (lists(vec![list(&"q".repeat(1025))]), "select_list[0].question_key: 1025 bytes, at most 1024"),
        (
            lists(vec![ButtonSelection { selected_id: some("b"), ..list("q") }]),
            "select_list[0].selected_id: is not the id of an option",
        ),
        (with_submit("", "k"), "submit_button.text: is required"),
        (with_submit("一二三四五六七八九十一", "k"), "submit_button.text: 11 characters, at most 10"),
        (with_submit("t", &"k".repeat(1025)), "submit_button.key: 1025 bytes, at most 1024"),
    ] {
        assert_eq!(problem(&card(broken)).await, format!("template_card.{expected}"));
    }
    for longest in [vote(many(20)), lists(vec![list("1"), list("2"), list("3")])] {
        sent(&card(longest)).await;
    }
}
