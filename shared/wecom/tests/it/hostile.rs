//! Whatever arrives, reading it ends in a value or an error: any bytes, any markup, and what comes
//! out of damaging real callbacks.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use wecom::XmlFault;
use wecom::crypto::{CallbackKeys, MAX_BODY_BYTES, Refused};
use wecom::event::{Callback, ParseError};

use crate::callbacks::{keys, lines, text};
use crate::event_kinds::samples;

/// Decrypted callbacks: the recorded ones and one sample of each documented event.
fn documents() -> &'static [String] {
    static DOCUMENTS: OnceLock<Vec<String>> = OnceLock::new();
    DOCUMENTS.get_or_init(|| {
        let recorded = lines("valid.jsonl");
        let recorded = recorded.iter().map(|line| text(line, "plain").to_owned());
        recorded.chain(samples().map(str::to_owned)).collect()
    })
}

/// One blow to a document.
#[derive(Debug, Clone)]
enum Blow {
    Cut { at: usize, length: usize },
    Insert { at: usize, what: &'static str },
    Replace { at: usize, with: char },
    Repeat { at: usize, length: usize },
    Swap { at: usize, length: usize, to: usize },
}

fn blow() -> impl Strategy<Value = Blow> {
    let at = || any::<prop::sample::Index>().prop_map(|index| index.index(4096));
    let pieces = prop::sample::select(vec![
        "<xml>",
        "</xml>",
        "<Event>",
        "</Event>",
        "<Item>",
        "]]>",
        "<![CDATA[",
        "&#0;",
        "&amp;",
        "&x;",
        "<!DOCTYPE x>",
        "<!--",
        "-->",
        "<?p?>",
        "<UserID>x</UserID>",
        " a='b'",
        "\u{0}",
        "\u{feff}",
        "中",
        "-",
        "9999999999999999999999",
        "/",
        "<",
        ">",
    ]);
    prop_oneof![
        (at(), 0usize..80).prop_map(|(at, length)| Blow::Cut { at, length }),
        (at(), pieces).prop_map(|(at, what)| Blow::Insert { at, what }),
        (at(), any::<char>()).prop_map(|(at, with)| Blow::Replace { at, with }),
        (at(), 0usize..200).prop_map(|(at, length)| Blow::Repeat { at, length }),
        (at(), 0usize..120, at()).prop_map(|(at, length, to)| Blow::Swap { at, length, to }),
    ]
}

/// Positions are taken modulo the length, in characters.
fn struck(document: &str, blows: &[Blow]) -> String {
    let mut chars: Vec<char> = document.chars().collect();
    for blow in blows {
        let place = |at: usize| at % (chars.len() + 1);
        let end = |from: usize, length: usize| (from + length).min(chars.len());
        match blow {
            Blow::Cut { at, length } => {
                let from = place(*at);
                chars.drain(from..end(from, *length));
            }
            Blow::Insert { at, what } => {
                let from = place(*at);
                chars.splice(from..from, what.chars());
            }
            Blow::Replace { at, with } => {
                let from = place(*at);
                if let Some(hit) = chars.get_mut(from) {
                    *hit = *with;
                }
            }
            Blow::Repeat { at, length } => {
                let from = place(*at);
                let piece = chars[from..end(from, *length)].to_vec();
                chars.splice(from..from, piece);
            }
            Blow::Swap { at, length, to } => {
                let from = place(*at);
                let piece: Vec<char> = chars.drain(from..end(from, *length)).collect();
                let to = to % (chars.len() + 1);
                chars.splice(to..to, piece);
            }
        }
    }
    chars.into_iter().collect()
}

/// A document and the same one as a sealed callback are read alike: what the door lets in is what can
/// be read as XML, and nothing else.
fn check_document(keys: &CallbackKeys, plain: &str) {
    let parsed = Callback::parse(plain);
    let sealed = keys.seal(1_760_000_000, "nonce", [7; 16], plain);
    let opened = keys.open(&sealed.msg_signature, "1760000000", "nonce", sealed.to_xml().as_bytes());
    match (opened, parsed) {
        (Ok(opened), parsed) => {
            assert_eq!(opened.as_str(), plain);
            assert!(!matches!(parsed, Err(ParseError::Xml(_))), "{plain}");
            if let Ok(callback) = parsed {
                assert!(!callback.to_user.is_empty());
                // It can be told and sorted, whatever it is.
                let _ = (callback.event.is_hint(), format!("{callback:?}"));
            }
        }
        (Err(Refused::Xml(fault)), parsed) => assert_eq!(parsed, Err(ParseError::Xml(fault)), "{plain}"),
        (Err(Refused::TooLarge { .. }), _) => {}
        (Err(refused), _) => panic!("{refused}: {plain}"),
    }
}

proptest! {
    #[test]
    fn any_text_is_an_event_or_an_error(text in any::<String>()) {
        check_document(&keys(), &text);
    }

    #[test]
    fn any_bytes_are_a_callback_or_an_error(body in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(keys().open("s", "t", "n", &body).is_err());
    }

    #[test]
    fn any_markup_is_an_event_or_an_error(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "<xml>", "</xml>", "<Event>", "</Event>", "change_external_contact", "<![CDATA[", "]]>", "&amp;", "&#0;", "&", "<!--",
            "-->", "<?a", "?>", "<!DOCTYPE", ">", "<", "/>", " a='b'", "\u{0}", "中", "<?xml version='1.0'?>",
        ]), 0..40),
    ) {
        check_document(&keys(), &pieces.concat());
    }

    #[test]
    fn any_elements_are_an_event_or_an_error(
        elements in prop::collection::vec((
            prop::sample::select(vec![
                "ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "ChangeType", "UserID", "ExternalUserID", "State",
                "ChatId", "UpdateDetail", "JoinScene", "MemChangeList", "Item", "Id", "TagType", "StrategyId", "LinkId", "ChatKey",
                "OpenKfId", "EventKey", "TaskId", "SelectedItems", "BatchJob", "JobId", "Department", "AddPartyItems", "MediaId",
            ]),
            prop::sample::select(vec![
                "", "event", "text", "1", "-1", "change_external_contact", "add_external_contact", "change_external_chat", "update",
                "add_member", "create", "change_external_tag", "tag", "customer_acquisition", "template_card_event", "change_contact",
                "create_user", "1,2,x", "<Item>a</Item>", "<SelectedItem/>", "<JobId>1</JobId>", "batch_job_result",
            ]),
        ), 0..16),
    ) {
        let body: String = elements.iter().map(|(name, value)| format!("<{name}>{value}</{name}>")).collect();
        check_document(&keys(), &format!("<xml>{body}</xml>"));
    }

    #[test]
    fn a_damaged_document_is_an_event_or_an_error(
        document in prop::sample::select(documents()),
        blows in prop::collection::vec(blow(), 1..6),
    ) {
        check_document(&keys(), &struck(&document, &blows));
    }

    #[test]
    fn a_damaged_body_is_never_taken_for_another_callback(
        line in any::<prop::sample::Index>(),
        blows in prop::collection::vec(blow(), 1..4),
    ) {
        static LINES: OnceLock<Vec<serde_json::Value>> = OnceLock::new();
        let line = line.get(LINES.get_or_init(|| lines("valid.jsonl")));
        let body = struck(text(line, "body"), &blows);
        let opened =
            keys().open(text(line, "msg_signature"), text(line, "timestamp"), text(line, "nonce"), body.as_bytes());
        // The damage may have missed what was signed.
        if let Ok(plain) = opened {
            prop_assert_eq!(plain.as_str(), text(line, "plain"));
        }
    }

    #[test]
    fn a_damaged_ciphertext_under_a_right_signature_ends_in_a_layer(
        line in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), bit in 0u8..8, kept in any::<prop::sample::Index>(),
    ) {
        static CIPHERTEXTS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
        let ciphertexts = CIPHERTEXTS.get_or_init(|| {
            lines("valid.jsonl").iter().map(|line| ciphertext(text(line, "body"))).collect()
        });
        let mut damaged = line.get(ciphertexts).clone();
        let at = at.index(damaged.len());
        damaged[at] ^= 1 << bit;
        damaged.truncate(damaged.len() - kept.index(damaged.len()) / 32 * 32);
        let encrypt = STANDARD.encode(damaged);
        let signature = crate::crypto::sign(&token(), "1", "n", &encrypt);
        let opened = keys().open(&signature, "1", "n", crate::crypto::posted(&encrypt).as_bytes());
        // One bit in the random bytes does no harm.
        prop_assert!(!matches!(opened, Err(Refused::Signature | Refused::Base64 | Refused::Cipher)), "{:?}", opened);
    }
}

fn ciphertext(body: &str) -> Vec<u8> {
    let (_, after) = body.split_once("<Encrypt><![CDATA[").expect("an envelope");
    let (encrypt, _) = after.split_once("]]>").expect("its end");
    STANDARD.decode(encrypt).expect("base64")
}

fn token() -> String {
    let config: serde_json::Value =
        serde_json::from_str(&crate::callbacks::recorded("config.json")).expect("one object");
    text(&config, "token").to_owned()
}

#[test]
fn document_types_deep_nesting_and_sheer_size_are_refused_at_the_door_and_by_the_reader() {
    let keys = keys();
    let real = documents()[0].as_str();
    let sealed = |plain: &str| {
        let sealed = keys.seal(1, "n", [0; 16], plain);
        keys.open(&sealed.msg_signature, "1", "n", sealed.to_xml().as_bytes()).map(drop)
    };
    let deep = real
        .replace("<UserID>", &("<a>".repeat(8) + "<UserID>"))
        .replace("</UserID>", &("</UserID>".to_owned() + &"</a>".repeat(8)));
    let entity = format!("<!DOCTYPE xml [<!ENTITY a \"{}\">]>{real}", "b".repeat(100));
    for (plain, fault) in [
        (format!("<!DOCTYPE xml>{real}"), XmlFault::Dtd),
        (entity, XmlFault::Dtd),
        (real.replace("<![CDATA[sys]]>", "&sys;"), XmlFault::Entity),
        (deep, XmlFault::TooDeep),
    ] {
        assert_eq!(Callback::parse(&plain), Err(ParseError::Xml(fault)), "{plain}");
        assert_eq!(sealed(&plain), Err(Refused::Xml(fault)), "{plain}");
    }
    // The envelope is read by the same rules, before anything is decrypted.
    for (body, fault) in [
        ("<!DOCTYPE x><xml><Encrypt>AAAA</Encrypt></xml>".to_owned(), XmlFault::Dtd),
        ("<xml>".repeat(9), XmlFault::TooDeep),
        ("<xml><Encrypt>&a;</Encrypt></xml>".to_owned(), XmlFault::Entity),
    ] {
        assert_eq!(keys.open("s", "t", "n", body.as_bytes()), Err(Refused::BodyXml(fault)), "{body}");
    }
    let large = real.replace("<State>", &format!("<New>{}</New><State>", "中".repeat(MAX_BODY_BYTES / 3)));
    assert!(matches!(sealed(&large), Err(Refused::TooLarge { .. })));
    // What has been let in is never so large; the reader alone copes with it all the same.
    assert!(Callback::parse(&large).is_ok());
    assert!(Callback::parse(&"<a/>".repeat(100_000)).is_err());
    assert_eq!(
        Callback::parse(&format!("<xml>{}</xml>", "<a/>".repeat(100_000))),
        Err(ParseError::Missing { element: "ToUserName" })
    );
}
