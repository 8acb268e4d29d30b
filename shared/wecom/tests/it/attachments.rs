//! The limits of what is said to customers: bytes of UTF-8, however many characters that is.

use wecom::attachment::{Attachment, Image};
use wecom::mass::{Audience, Customers, MassMessage};
use wecom::welcome::Welcome;

use crate::double::{Double, token};

/// A text of exactly so many bytes: emoji of four, Chinese of three, the rest of one.
fn of_bytes(bytes: usize) -> String {
    let mut text = String::new();
    for piece in ["👍", "中"].iter().cycle() {
        if text.len() + piece.len() > bytes {
            break;
        }
        text.push_str(piece);
    }
    let rest = bytes - text.len();
    text + &"a".repeat(rest)
}

/// The same with a scheme in front.
fn address(bytes: usize) -> String {
    format!("https://{}", &of_bytes(bytes - 8))
}

fn link(title: &str) -> Attachment {
    Attachment::Link { title: title.to_owned(), picurl: None, desc: None, url: "https://u".to_owned() }
}

/// What a welcome and a mass message of it say: the same, but for the name of the call.
async fn problem(text: Option<String>, attachments: Vec<Attachment>) -> Option<String> {
    let welcome =
        Welcome { welcome_code: "CODE".to_owned(), text: text.clone(), attachments: attachments.clone() };
    let (client, _) = Double::with("{}");
    let welcome = client.send_welcome(&token(), &welcome).await.err().map(|error| error.to_string());
    let who = Customers::AllOf { sender: "zhangsan".to_owned() };
    let to = Audience::Customers { who, allow_select: false };
    let (client, _) = Double::with(r#"{"msgid":"m"}"#);
    let mass = client.add_mass_message(&token(), &MassMessage { to, text, attachments }).await;
    let mass = mass.err().map(|error| error.to_string());
    let rest = |error: Option<String>, api| {
        error.map(|error| error.strip_prefix(api).expect("names the call").to_owned())
    };
    let welcome = rest(welcome, "externalcontact/send_welcome_msg: ");
    assert_eq!(welcome, rest(mass, "externalcontact/add_msg_template: "));
    welcome
}

#[tokio::test]
async fn each_limit_is_met_to_the_byte() {
    type Make = fn(usize) -> Attachment;
    let fields: [(&str, usize, Make); 6] = [
        ("link.title", 128, |bytes| link(&of_bytes(bytes))),
        ("link.desc", 512, |bytes| Attachment::Link {
            title: "t".to_owned(),
            picurl: None,
            desc: Some(of_bytes(bytes)),
            url: "https://u".to_owned(),
        }),
        ("link.url", 2048, |bytes| Attachment::Link {
            title: "t".to_owned(),
            picurl: None,
            desc: None,
            url: address(bytes),
        }),
        ("link.picurl", 2048, |bytes| Attachment::Link {
            title: "t".to_owned(),
            picurl: Some(address(bytes)),
            desc: None,
            url: "https://u".to_owned(),
        }),
        ("miniprogram.title", 64, |bytes| Attachment::MiniProgram {
            title: of_bytes(bytes),
            pic_media_id: "m".to_owned(),
            appid: "wx1".to_owned(),
            page: "/p".to_owned(),
        }),
        ("image.pic_url", 2048, |bytes| Attachment::Image(Image::PicUrl(address(bytes)))),
    ];
    for (field, most, make) in fields {
        for bytes in [most - 1, most] {
            assert_eq!(problem(None, vec![make(bytes)]).await, None, "{field} of {bytes}");
        }
        let refused = problem(None, vec![link("t"), make(most + 1)]).await;
        let expected = format!("attachments[1].{field}: {} bytes, at most {most}", most + 1);
        assert_eq!(refused, Some(expected));
    }
    for bytes in [1, 3999, 4000] {
        assert_eq!(of_bytes(bytes).len(), bytes);
        assert_eq!(problem(Some(of_bytes(bytes)), Vec::new()).await, None, "{bytes}");
    }
    assert_eq!(
        problem(Some(of_bytes(4001)), Vec::new()).await.as_deref(),
        Some("text.content: 4001 bytes, at most 4000")
    );
}

#[tokio::test]
async fn nine_attachments_go_and_ten_do_not() {
    for count in [1, 8, 9] {
        assert_eq!(problem(None, vec![link("活动👍"); count]).await, None, "{count}");
    }
    assert_eq!(
        problem(Some("你好".to_owned()), vec![link("t"); 10]).await.as_deref(),
        Some("attachments: 10 entries, at most 9")
    );
}

#[tokio::test]
async fn what_has_to_be_there_is_named() {
    let mini_program = |title: &str, pic_media_id: &str, appid: &str, page: &str| Attachment::MiniProgram {
        title: title.to_owned(),
        pic_media_id: pic_media_id.to_owned(),
        appid: appid.to_owned(),
        page: page.to_owned(),
    };
    let to =
        |url: &str| Attachment::Link { title: "t".to_owned(), picurl: None, desc: None, url: url.to_owned() };
    for (attachment, expected) in [
        (Attachment::Image(Image::MediaId(String::new())), "image.media_id: is required"),
        (Attachment::Image(Image::PicUrl(String::new())), "image.pic_url: is required"),
        (Attachment::File { media_id: String::new() }, "file.media_id: is required"),
        (to(""), "link.url: is required"),
        (to("example.com/活动"), "link.url: has no scheme"),
        (mini_program("", "m", "a", "p"), "miniprogram.title: is required"),
        (mini_program("t", "", "a", "p"), "miniprogram.pic_media_id: is required"),
        (mini_program("t", "m", "", "p"), "miniprogram.appid: is required"),
        (mini_program("t", "m", "a", ""), "miniprogram.page: is required"),
    ] {
        assert_eq!(problem(None, vec![attachment]).await, Some(format!("attachments[0].{expected}")));
    }
    let nothing = Some("text.content: is empty, and so is attachments".to_owned());
    assert_eq!(problem(None, Vec::new()).await, nothing);
    assert_eq!(problem(Some(String::new()), Vec::new()).await, nothing);
}
