//! The recorded callbacks in `tests/callbacks`, made by other people's libraries.

use serde_json::Value;
use wecom::crypto::{CallbackKeys, Refused};
use wecom::event::{Callback, ContactChange, ContactEvent, Event};

pub(crate) fn recorded(file: &str) -> String {
    let path = format!("{}/../../tests/callbacks/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("the recorded callbacks are in the repository")
}

pub(crate) fn lines(file: &str) -> Vec<Value> {
    recorded(file).lines().map(|line| serde_json::from_str(line).expect("one object per line")).collect()
}

pub(crate) fn keys() -> CallbackKeys {
    let config: Value = serde_json::from_str(&recorded("config.json")).expect("one object");
    CallbackKeys::parse(text(&config, "token"), text(&config, "encoding_aes_key"), text(&config, "corp_id"))
        .expect("the recorded keys are sound")
}

pub(crate) fn text<'a>(line: &'a Value, field: &str) -> &'a str {
    line[field].as_str().unwrap_or_default()
}

fn body(line: &Value) -> String {
    match &line["body_gen"] {
        Value::Null => text(line, "body").to_owned(),
        plan => {
            let count = plan["count"].as_u64().and_then(|n| usize::try_from(n).ok()).expect("a count");
            text(plan, "prefix").to_owned() + &text(plan, "fill").repeat(count) + text(plan, "suffix")
        }
    }
}

fn open(line: &Value) -> Result<String, Refused> {
    let (signature, timestamp, nonce) =
        (text(line, "msg_signature"), text(line, "timestamp"), text(line, "nonce"));
    keys().open(signature, timestamp, nonce, body(line).as_bytes()).map(wecom::crypto::Plain::into_string)
}

/// The content of an element by plain search: deliberately not the way the crate reads it.
fn between<'a>(plain: &'a str, element: &str) -> Option<&'a str> {
    let (_, after) = plain.split_once(&format!("<{element}>"))?;
    let (content, _) = after.split_once(&format!("</{element}>"))?;
    let cdata = content.strip_prefix("<![CDATA[").and_then(|content| content.strip_suffix("]]>"));
    Some(cdata.unwrap_or(content)).filter(|content| !content.is_empty())
}

#[test]
fn every_valid_callback_is_accepted_with_the_fields_of_its_plain_text() {
    let lines = lines("valid.jsonl");
    assert_eq!(lines.len(), 500);
    for line in &lines {
        let plain = open(line).unwrap_or_else(|refused| panic!("{}: {refused}", line["id"]));
        assert_eq!(plain, text(line, "plain"), "{}", line["id"]);
        let field = |element| between(&plain, element).map(str::to_owned);
        let expected = Callback {
            to_user: field("ToUserName").expect("always there"),
            from_user: field("FromUserName"),
            create_time: field("CreateTime").expect("always there").parse().expect("a number"),
            event: Event::Contact(ContactEvent {
                userid: field("UserID").expect("always there"),
                external_userid: field("ExternalUserID").expect("always there"),
                change: ContactChange::Added { state: field("State"), welcome_code: field("WelcomeCode") },
            }),
        };
        assert_eq!(Callback::parse(&plain), Ok(expected), "{}", line["id"]);
    }
}

#[test]
fn every_invalid_callback_is_refused_in_its_layer() {
    let lines = lines("invalid.jsonl");
    assert_eq!(lines.len(), 200);
    for line in &lines {
        let Err(refused) = open(line) else { panic!("accepted: {} {}", line["id"], line["kind"]) };
        let layers: &[&str] = match text(line, "kind") {
            // A wrong length that still fits moves the border between message and receive id.
            "len_zero" | "len_too_small" | "len_too_big" => &["length", "receiveid"],
            // Too short for a frame, in several ways: no bytes, half a block, noise, nothing but
            // padding.
            "short_plain" => &["envelope", "cipher", "padding", "length"],
            _ => &[text(line, "layer")],
        };
        assert!(layers.contains(&refused.layer()), "{} {}: {refused}", line["id"], line["kind"]);
    }
}

#[test]
fn no_valid_callback_survives_a_change_to_its_parameters_or_a_shorter_body() {
    let keys = keys();
    for line in lines("valid.jsonl").iter().step_by(25) {
        let (signature, timestamp, nonce) =
            (text(line, "msg_signature"), text(line, "timestamp"), text(line, "nonce"));
        let body = text(line, "body").as_bytes();
        assert!(keys.open(signature, timestamp, nonce, body).is_ok());
        assert_eq!(
            keys.open("", timestamp, nonce, body),
            Err(Refused::MissingParameter { name: "msg_signature" })
        );
        assert_eq!(
            keys.open(signature, "", nonce, body),
            Err(Refused::MissingParameter { name: "timestamp" })
        );
        assert_eq!(
            keys.open(signature, timestamp, "", body),
            Err(Refused::MissingParameter { name: "nonce" })
        );
        assert_eq!(keys.open(signature, nonce, nonce, body), Err(Refused::Signature));
        assert_eq!(keys.open(&signature.to_uppercase(), timestamp, nonce, body), Err(Refused::Signature));
        assert_eq!(keys.open(&signature[1..], timestamp, nonce, body), Err(Refused::Signature));
        for length in (0..body.len()).step_by(7) {
            assert!(keys.open(signature, timestamp, nonce, &body[..length]).is_err(), "{length}");
        }
    }
}
