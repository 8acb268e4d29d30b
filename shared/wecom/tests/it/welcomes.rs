//! `externalcontact/send_welcome_msg`.

use std::time::Duration;

use serde_json::json;
use wecom::attachment::{Attachment, Image};
use wecom::welcome::Welcome;
use wecom::{Class, TransportError};

use crate::double::{Double, token, url};

fn text(text: &str) -> Welcome {
    Welcome { welcome_code: "CODE".to_owned(), text: Some(text.to_owned()), attachments: Vec::new() }
}

fn link(title: &str) -> Attachment {
    Attachment::Link { title: title.to_owned(), picurl: None, desc: None, url: "https://u".to_owned() }
}

fn with(attachments: Vec<Attachment>) -> Welcome {
    Welcome { welcome_code: "CODE".to_owned(), text: None, attachments }
}

#[tokio::test]
async fn text_and_every_kind_of_attachment_are_sent_as_documented() {
    let (client, double) = Double::with(r#"{"errcode":0,"errmsg":"ok"}"#);
    let attachments = vec![
        Attachment::Image(Image::MediaId("m1".to_owned())),
        Attachment::Image(Image::PicUrl("https://p".to_owned())),
        link("活动"),
        Attachment::Link {
            title: "t".to_owned(),
            picurl: Some("https://c".to_owned()),
            desc: Some("d".to_owned()),
            url: "https://u".to_owned(),
        },
        Attachment::MiniProgram {
            title: "t".to_owned(),
            pic_media_id: "m2".to_owned(),
            appid: "wx1".to_owned(),
            page: "/p".to_owned(),
        },
        Attachment::Video { media_id: "m3".to_owned() },
        Attachment::File { media_id: "m4".to_owned() },
    ];
    client.send_welcome(&token(), &Welcome { attachments, ..text("你好") }).await.expect("sent");
    let asked = double.asked_once();
    assert_eq!(asked.url, url("externalcontact/send_welcome_msg"));
    assert_eq!(asked.timeout, Duration::from_secs(5));
    let expected = json!({
        "welcome_code": "CODE",
        "text": {"content": "你好"},
        "attachments": [
            {"msgtype": "image", "image": {"media_id": "m1"}},
            {"msgtype": "image", "image": {"pic_url": "https://p"}},
            {"msgtype": "link", "link": {"title": "活动", "url": "https://u"}},
            {"msgtype": "link", "link": {"title": "t", "picurl": "https://c", "desc": "d", "url": "https://u"}},
            {"msgtype": "miniprogram", "miniprogram": {"title": "t", "pic_media_id": "m2", "appid": "wx1", "page": "/p"}},
            {"msgtype": "video", "video": {"media_id": "m3"}},
            {"msgtype": "file", "file": {"media_id": "m4"}},
        ],
    });
    assert_eq!(asked.json(), expected);
}

#[tokio::test]
async fn what_is_not_there_is_not_sent() {
    for (welcome, expected) in [
        (text("hi"), json!({"welcome_code": "CODE", "text": {"content": "hi"}})),
        (
            Welcome {
                text: Some(String::new()),
                ..with(vec![Attachment::File { media_id: "m".to_owned() }])
            },
            json!({"welcome_code": "CODE", "attachments": [{"msgtype": "file", "file": {"media_id": "m"}}]}),
        ),
    ] {
        let (client, double) = Double::with("{}");
        client.send_welcome(&token(), &welcome).await.expect("sent");
        assert_eq!(double.asked_once().json(), expected);
    }
}

#[tokio::test]
async fn limits_are_in_bytes_and_errors_name_the_field() {
    let (client, double) = Double::answering([]);
    for (welcome, expected) in [
        (with(Vec::new()), "text.content: is empty, and so is attachments"),
        (Welcome { welcome_code: String::new(), ..text("x") }, "welcome_code: is required"),
        // 1337 characters of three bytes and one of one
        (text(&("中".repeat(1337) + "!")), "text.content: 4012 bytes, at most 4000"),
        (with(vec![link("t"); 10]), "attachments: 10 entries, at most 9"),
        (with(vec![link("t"), link("")]), "attachments[1].link.title: is required"),
        (with(vec![link(&"中".repeat(43))]), "attachments[0].link.title: 129 bytes, at most 128"),
        (
            with(vec![Attachment::Video { media_id: String::new() }]),
            "attachments[0].video.media_id: is required",
        ),
        (
            with(vec![Attachment::MiniProgram {
                title: "t".repeat(65),
                pic_media_id: "m".to_owned(),
                appid: "a".to_owned(),
                page: "p".to_owned(),
            }]),
            "attachments[0].miniprogram.title: 65 bytes, at most 64",
        ),
        (
            with(vec![Attachment::Link {
                title: "t".to_owned(),
                picurl: Some("u".repeat(2049)),
                desc: None,
                url: "u".to_owned(),
            }]),
            "attachments[0].link.picurl: 2049 bytes, at most 2048",
        ),
    ] {
        let error = client.send_welcome(&token(), &welcome).await.expect_err("invalid");
        assert_eq!(error.to_string(), format!("externalcontact/send_welcome_msg: {expected}"));
        assert_eq!((error.class(), error.is_ambiguous()), (Class::Never, false));
    }
    assert!(double.asked().is_empty());
}

#[tokio::test]
async fn the_longest_text_is_sent() {
    let (client, _) = Double::with("{}");
    client.send_welcome(&token(), &text(&"a".repeat(4000))).await.expect("4000 bytes fit");
}

#[tokio::test]
async fn refusals_and_silence_are_told_apart() {
    for (code, class) in
        [(41050, Class::Never), (41051, Class::Never), (41096, Class::Transient), (41053, Class::State)]
    {
        let (client, _) = Double::with(&format!(r#"{{"errcode":{code}}}"#));
        let error = client.send_welcome(&token(), &text("x")).await.expect_err("refused");
        assert_eq!((error.code(), error.class(), error.is_ambiguous()), (Some(code), class, false));
    }
    let (client, _) = Double::answering([Err(TransportError::Ambiguous("time ran out".to_owned()))]);
    assert!(client.send_welcome(&token(), &text("x")).await.expect_err("silent").is_ambiguous());
}

#[test]
fn a_welcome_does_not_show_its_code_or_text() {
    let shown = format!("{:?}", Welcome { attachments: vec![link("秘密")], ..text("你好张三") });
    assert_eq!(shown, "Welcome { text_bytes: Some(12), attachments: [Attachment(link)], .. }");
}
