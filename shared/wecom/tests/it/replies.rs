//! Answers to a press on a card, in the response to its callback.

use wecom::Error;
use wecom::crypto::CallbackKeys;
use wecom::message::{
    ActionMenu, Button, ButtonAction, ButtonInteraction, ButtonSelection, CardChange, CardImage, CheckOption,
    Checkbox, CheckboxMode, Emphasis, Jump, MenuAction, NewsNotice, Picture, QuoteArea, Row, RowKind,
    SelectOption, Source, Target, TemplateCard, TextNotice, VoteInteraction,
};
use wecom::reply::CardReply;

use crate::card_updates::notice;
use crate::interactive_cards::{submit, title};
use crate::messages::some;

const TIME: i64 = 1_348_831_860;

fn keys() -> CallbackKeys {
    CallbackKeys::parse("tokenTOKEN1", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "ww0123456789abcdef")
        .expect("sound settings")
}

fn reply(change: CardChange) -> CardReply {
    CardReply { userid: "zhangsan".to_owned(), change }
}

fn card(card: TemplateCard) -> CardReply {
    reply(CardChange::ReplaceCard { card: Box::new(card), replace_text: None })
}

/// What the platform reads once it has opened the answer.
fn plain(reply: &CardReply) -> String {
    let sealed = keys().seal_reply(TIME, "98765", [7; 16], reply).expect("sealed");
    let opened =
        keys().open(&sealed.msg_signature, "1348831860", "98765", sealed.to_xml().as_bytes()).expect("opens");
    opened.into_string()
}

/// The elements below `TemplateCard`, without the marks of CDATA.
fn elements(reply: &CardReply) -> String {
    let plain = plain(reply).replace("<![CDATA[", "").replace("]]>", "");
    let (_, card) = plain.split_once("<TemplateCard>").expect("a card");
    card.split_once("</TemplateCard>").expect("its end").0.to_owned()
}

#[test]
fn a_button_turns_grey() {
    let grey = reply(CardChange::ReplaceButton { replace_name: "已完成]]>".to_owned() });
    assert_eq!(
        plain(&grey),
        "<xml><ToUserName><![CDATA[zhangsan]]></ToUserName><FromUserName><![CDATA[ww0123456789abcdef]]></FromUserName>\
         <CreateTime>1348831860</CreateTime><MsgType><![CDATA[update_button]]></MsgType>\
         <Button><ReplaceName><![CDATA[已完成]]]]><![CDATA[>]]></ReplaceName></Button></xml>"
    );
}

#[test]
fn a_notice_takes_the_place_of_the_card_under_the_names_that_replies_use() {
    let row = |kind| Row { keyname: "应用名称".to_owned(), value: some("企业微信"), kind };
    let action = |key: &str| MenuAction { text: "回调".to_owned(), key: key.to_owned() };
    let full = TextNotice {
        source: Some(Source { icon_url: some("source_url"), desc: some("d"), desc_color: Some(2) }),
        action_menu: Some(ActionMenu {
            desc: "您可以使用以下功能".to_owned(),
            action_list: vec![action("A"), action("B")],
        }),
        task_id: some("t1"),
        main_title: Some(title()),
        emphasis_content: Some(Emphasis { title: some("100万"), desc: some("核心") }),
        quote_area: Some(QuoteArea {
            target: Some(Target::Url("https://quote_area_url".to_owned())),
            title: some("企业微信"),
            quote_text: some("真好用呀"),
        }),
        sub_title_text: some("二级标题"),
        horizontal_content_list: vec![
            row(RowKind::Plain),
            row(RowKind::Url("https://url".to_owned())),
            row(RowKind::File { media_id: "m".to_owned() }),
            row(RowKind::Member { userid: "lisi".to_owned() }),
        ],
        jump_list: vec![Jump {
            title: "跳转".to_owned(),
            target: Some(Target::Url("https://jump_url".to_owned())),
        }],
        ..TextNotice::new(Target::MiniProgram { appid: "wx1".to_owned(), pagepath: some("/p") })
    };
    let found = elements(&card(TemplateCard::TextNotice(full)));
    for expected in [
        "<CardType>text_notice</CardType>",
        "<TaskId>t1</TaskId>",
        "<IconUrl>source_url</IconUrl>",
        "<DescColor>2</DescColor>",
        "<Desc>您可以使用以下功能</Desc>",
        "<Key>A</Key>",
        "<Key>B</Key>",
        "<Text>回调</Text>",
        "<MainTitle><Title>标题</Title></MainTitle>",
        "<Title>100万</Title>",
        "<Desc>核心</Desc>",
        "<QuoteText>真好用呀</QuoteText>",
        "<Url>https://quote_area_url</Url>",
        "<SubTitleText>二级标题</SubTitleText>",
        "<KeyName>应用名称</KeyName>",
        "<MediaId>m</MediaId>",
        "<UserId>lisi</UserId>",
        "<AppId>wx1</AppId>",
        "<PagePath>/p</PagePath>",
    ] {
        assert!(found.contains(expected), "{expected} in {found}");
    }
    // A list is its element several times.
    for (list, count) in [("<HorizontalContentList>", 4), ("<ActionList>", 2), ("<JumpList>", 1)] {
        assert_eq!(found.matches(list).count(), count, "{list} in {found}");
    }
    for whole in ["<Source>", "<ActionMenu>", "<EmphasisContent>", "<QuoteArea>", "<CardAction>"] {
        assert_eq!(found.matches(whole).count(), 1, "{whole} in {found}");
    }
}

#[test]
fn cards_that_call_back_take_its_place_too() {
    let vote = VoteInteraction {
        source: None,
        task_id: "t2".to_owned(),
        main_title: title(),
        checkbox: Checkbox {
            question_key: "q".to_owned(),
            mode: CheckboxMode::Multiple,
            option_list: vec![CheckOption { id: "a".to_owned(), text: "A".to_owned(), is_checked: true }],
        },
        submit_button: submit(),
    };
    let change = CardChange::ReplaceCard {
        card: Box::new(TemplateCard::VoteInteraction(vote)),
        replace_text: some("已提交"),
    };
    let found = elements(&reply(change));
    for expected in [
        "<CheckBox>",
        "<Mode>1</Mode>",
        "<IsChecked>true</IsChecked>",
        "<SubmitButton>",
        "<ReplaceText>已提交</ReplaceText>",
    ] {
        assert!(found.contains(expected), "{expected} in {found}");
    }
    let option = SelectOption { id: "a".to_owned(), text: "A".to_owned() };
    let buttons = ButtonInteraction {
        button_selection: Some(ButtonSelection {
            question_key: "q".to_owned(),
            title: None,
            option_list: vec![option],
            selected_id: some("a"),
        }),
        ..ButtonInteraction::new(
            "t3",
            title(),
            vec![Button {
                text: "按钮".to_owned(),
                style: Some(1),
                action: ButtonAction::Callback { key: "k".to_owned() },
            }],
        )
    };
    let found = elements(&card(TemplateCard::ButtonInteraction(buttons)));
    for expected in ["<ButtonSelection>", "<SelectedId>a</SelectedId>", "<ButtonList>", "<Style>1</Style>"] {
        assert!(found.contains(expected), "{expected} in {found}");
    }
    let image = CardImage { url: "https://i".to_owned(), aspect_percent: Some(130) };
    let news = NewsNotice::new(title(), Picture::CardImage(image), Target::Url("https://u".to_owned()));
    let found = elements(&card(TemplateCard::NewsNotice(news)));
    assert!(found.contains("<AspectRatio>1.3</AspectRatio>"), "{found}");
}

#[test]
fn equal_answers_differ_by_their_random_bytes_and_are_signed_over_their_nonce() {
    let reply = card(notice());
    let seal = |random16, nonce| keys().seal_reply(TIME, nonce, random16, &reply).expect("sealed");
    let (one, other) = (seal([1; 16], "n"), seal([2; 16], "n"));
    assert_ne!(one.encrypt, other.encrypt);
    assert_eq!(one, seal([1; 16], "n"));
    assert_ne!(one.msg_signature, seal([1; 16], "m").msg_signature);
    assert_eq!((one.timestamp, one.nonce.as_str()), (TIME, "n"));
}

#[test]
fn an_answer_that_cannot_work_is_not_made() {
    let problem = |reply: &CardReply| match keys().seal_reply(TIME, "n", [0; 16], reply) {
        Err(error @ Error::Invalid { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    let grey = |name: &str| CardChange::ReplaceButton { replace_name: name.to_owned() };
    assert_eq!(problem(&reply(grey(""))), "callback reply: button.replace_name: is required");
    assert_eq!(
        problem(&reply(grey("a\u{1}"))),
        "callback reply: button.replace_name: has characters that XML forbids"
    );
    let nobody = CardReply { userid: String::new(), change: grey("x") };
    assert_eq!(problem(&nobody), "callback reply: userid: is required");
    let untitled = TemplateCard::TextNotice(TextNotice::new(Target::Url("https://u".to_owned())));
    assert_eq!(
        problem(&card(untitled)),
        "callback reply: template_card.main_title.title: is required unless there is a sub_title_text"
    );
    assert!(!format!("{:?}", card(notice())).contains("标题"));
}
