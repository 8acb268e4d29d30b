//! Cards in `message/send`.

use serde_json::json;
use wecom::message::{
    ActionMenu, Body, Button, ButtonAction, ButtonInteraction, ButtonSelection, Emphasis, Jump, MainTitle,
    MenuAction, Message, QuoteArea, Row, RowKind, SelectOption, Source, Target, TemplateCard, TextNotice,
};

use crate::messages::{message, problem, sent, some};

fn notice(card: TextNotice) -> Message {
    message(Body::TemplateCard(Box::new(TemplateCard::TextNotice(card))))
}

fn buttons(card: ButtonInteraction) -> Message {
    message(Body::TemplateCard(Box::new(TemplateCard::ButtonInteraction(card))))
}

fn web() -> Target {
    Target::Url("https://u".to_owned())
}

fn title(title: &str) -> MainTitle {
    MainTitle { title: some(title), desc: None }
}

fn simple_notice() -> TextNotice {
    TextNotice { main_title: Some(title("t")), ..TextNotice::new(web()) }
}

fn done() -> Button {
    Button {
        text: "完成".to_owned(),
        style: Some(1),
        action: ButtonAction::Callback { key: "done".to_owned() },
    }
}

#[tokio::test]
async fn a_notice_with_everything_is_sent_as_documented() {
    let row = |kind| Row { keyname: "客户".to_owned(), value: some("李四"), kind };
    let card = TextNotice {
        source: Some(Source { icon_url: some("https://i"), desc: some("Stepwise"), desc_color: Some(0) }),
        action_menu: Some(ActionMenu {
            desc: "more".to_owned(),
            action_list: vec![MenuAction { text: "不再提醒".to_owned(), key: "mute".to_owned() }],
        }),
        task_id: some("t_1-@"),
        main_title: Some(MainTitle { title: some("标题"), desc: some("d") }),
        emphasis_content: Some(Emphasis { title: some("3"), desc: some("待办") }),
        quote_area: Some(QuoteArea { target: Some(web()), title: some("q"), quote_text: some("text") }),
        sub_title_text: some("sub"),
        horizontal_content_list: vec![
            row(RowKind::Plain),
            row(RowKind::Url("https://r".to_owned())),
            row(RowKind::File { media_id: "m".to_owned() }),
            row(RowKind::Member { userid: "zhangsan".to_owned() }),
        ],
        jump_list: vec![
            Jump { title: "j".to_owned(), target: None },
            Jump {
                title: "k".to_owned(),
                target: Some(Target::MiniProgram { appid: "wx1".to_owned(), pagepath: None }),
            },
        ],
        card_action: Target::MiniProgram { appid: "wx1".to_owned(), pagepath: some("/p") },
    };
    let expected = json!({
        "card_type": "text_notice",
        "source": {"icon_url": "https://i", "desc": "Stepwise", "desc_color": 0},
        "action_menu": {"desc": "more", "action_list": [{"text": "不再提醒", "key": "mute"}]},
        "task_id": "t_1-@",
        "main_title": {"title": "标题", "desc": "d"},
        "emphasis_content": {"title": "3", "desc": "待办"},
        "quote_area": {"type": 1, "url": "https://u", "title": "q", "quote_text": "text"},
        "sub_title_text": "sub",
        "horizontal_content_list": [
            {"keyname": "客户", "value": "李四"},
            {"type": 1, "keyname": "客户", "value": "李四", "url": "https://r"},
            {"type": 2, "keyname": "客户", "value": "李四", "media_id": "m"},
            {"type": 3, "keyname": "客户", "value": "李四", "userid": "zhangsan"},
        ],
        "jump_list": [{"title": "j"}, {"type": 2, "title": "k", "appid": "wx1"}],
        "card_action": {"type": 2, "appid": "wx1", "pagepath": "/p"},
    });
    let body = sent(&notice(card)).await;
    assert_eq!(body["msgtype"], "template_card");
    assert_eq!(body["template_card"], expected);
}

#[tokio::test]
async fn a_card_with_buttons_is_sent_as_documented() {
    let open =
        Button { text: "打开".to_owned(), style: None, action: ButtonAction::Url("https://b".to_owned()) };
    let card = ButtonInteraction {
        button_selection: Some(ButtonSelection {
            question_key: "replied".to_owned(),
            title: some("客户回复了吗？"),
            option_list: vec![
                SelectOption { id: "y".to_owned(), text: "是".to_owned() },
                SelectOption { id: "n".to_owned(), text: "否".to_owned() },
            ],
            selected_id: some("n"),
        }),
        card_action: Some(web()),
        ..ButtonInteraction::new("t1", title("待办"), vec![done(), open])
    };
    let expected = json!({
        "card_type": "button_interaction",
        "task_id": "t1",
        "main_title": {"title": "待办"},
        "card_action": {"type": 1, "url": "https://u"},
        "button_selection": {
            "question_key": "replied", "title": "客户回复了吗？", "selected_id": "n",
            "option_list": [{"id": "y", "text": "是"}, {"id": "n", "text": "否"}],
        },
        "button_list": [
            {"type": 0, "text": "完成", "style": 1, "key": "done"},
            {"type": 1, "text": "打开", "url": "https://b"},
        ],
    });
    assert_eq!(sent(&buttons(card)).await["template_card"], expected);
}

#[tokio::test]
async fn the_limits_of_a_notice_are_checked() {
    let long = |n| some(&"中".repeat(n));
    let row = |keyname: &str, value| Row { keyname: keyname.to_owned(), value, kind: RowKind::Plain };
    let jump = Jump { title: "j".to_owned(), target: None };
    let with = simple_notice;
    let emphasis = |title, desc| Some(Emphasis { title, desc });
    let menu = |n| {
        let action = MenuAction { text: "t".to_owned(), key: "k".to_owned() };
        Some(ActionMenu { desc: String::new(), action_list: vec![action; n] })
    };
    for (card, expected) in [
        (TextNotice::new(web()), "main_title.title: is required unless there is a sub_title_text"),
        (
            TextNotice { main_title: Some(MainTitle { title: long(37), desc: None }), ..with() },
            "main_title.title: 37 characters, at most 36",
        ),
        (
            TextNotice { main_title: Some(MainTitle { title: some("t"), desc: long(45) }), ..with() },
            "main_title.desc: 45 characters, at most 44",
        ),
        (TextNotice { sub_title_text: long(161), ..with() }, "sub_title_text: 161 characters, at most 160"),
        (
            TextNotice { emphasis_content: emphasis(long(15), None), ..with() },
            "emphasis_content.title: 15 characters, at most 14",
        ),
        (
            TextNotice { emphasis_content: emphasis(None, long(23)), ..with() },
            "emphasis_content.desc: 23 characters, at most 22",
        ),
        (
            TextNotice { source: Some(Source { desc: long(21), ..Source::default() }), ..with() },
            "source.desc: 21 characters, at most 20",
        ),
        (
            TextNotice { source: Some(Source { desc_color: Some(4), ..Source::default() }), ..with() },
            "source.desc_color: is not within 0 to 3",
        ),
        (
            TextNotice { horizontal_content_list: vec![row("k", None); 7], ..with() },
            "horizontal_content_list: 7 entries, at most 6",
        ),
        (
            TextNotice { horizontal_content_list: vec![row("一二三四五六", None)], ..with() },
            "horizontal_content_list[0].keyname: 6 characters, at most 5",
        ),
        (
            TextNotice { horizontal_content_list: vec![row("k", long(31))], ..with() },
            "horizontal_content_list[0].value: 31 characters, at most 30",
        ),
        (TextNotice { jump_list: vec![jump; 4], ..with() }, "jump_list: 4 entries, at most 3"),
        (TextNotice { action_menu: menu(1), ..with() }, "task_id: is required with an action_menu"),
        (
            TextNotice { action_menu: menu(4), task_id: some("t"), ..with() },
            "action_menu.action_list: 4 entries, at most 3",
        ),
        (
            TextNotice { task_id: some("a b"), ..with() },
            "task_id: has characters other than letters, digits, '_', '-' and '@'",
        ),
        (TextNotice { task_id: some(&"a".repeat(129)), ..with() }, "task_id: 129 bytes, at most 128"),
        (TextNotice { card_action: Target::Url(String::new()), ..with() }, "card_action.url: is required"),
    ] {
        assert_eq!(problem(&notice(card)).await, format!("template_card.{expected}"));
    }
    let longest = TextNotice {
        main_title: Some(MainTitle { title: long(36), desc: long(44) }),
        sub_title_text: long(160),
        ..with()
    };
    sent(&notice(longest)).await;
}

#[tokio::test]
async fn the_limits_of_a_card_with_buttons_are_checked() {
    let card = |button_list| ButtonInteraction::new("t1", title("t"), button_list);
    let option = |id: &str| SelectOption { id: id.to_owned(), text: "x".to_owned() };
    let select = |option_list, selected_id| ButtonInteraction {
        button_selection: Some(ButtonSelection {
            question_key: "q".to_owned(),
            title: None,
            option_list,
            selected_id,
        }),
        ..card(vec![done()])
    };
    let key = |key: String| vec![Button { action: ButtonAction::Callback { key }, ..done() }];
    for (card, expected) in [
        (card(Vec::new()), "button_list: 0 entries, at least 1"),
        (card(vec![done(); 7]), "button_list: 7 entries, at most 6"),
        (
            card(vec![Button { text: "一二三四五六七八九十一".to_owned(), ..done() }]),
            "button_list[0].text: 11 characters, at most 10",
        ),
        (card(vec![Button { style: Some(5), ..done() }]), "button_list[0].style: is not within 1 to 4"),
        (card(key(String::new())), "button_list[0].key: is required"),
        (card(key("k".repeat(1025))), "button_list[0].key: 1025 bytes, at most 1024"),
        (ButtonInteraction::new("", title("t"), vec![done()]), "task_id: is required"),
        (ButtonInteraction::new("t1", MainTitle::default(), vec![done()]), "main_title.title: is required"),
        (select(Vec::new(), None), "button_selection.option_list: 0 entries, at least 1"),
        (select(vec![option("a"); 11], None), "button_selection.option_list: 11 entries, at most 10"),
        (
            select(vec![option(&"a".repeat(129))], None),
            "button_selection.option_list[0].id: 129 bytes, at most 128",
        ),
        (select(vec![option("a")], some("b")), "button_selection.selected_id: is not the id of an option"),
    ] {
        assert_eq!(problem(&buttons(card)).await, format!("template_card.{expected}"));
    }
}
