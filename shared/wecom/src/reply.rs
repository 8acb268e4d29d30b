//! Answers in the body of the HTTP response to a callback: a card changes in the eyes of the member
//! who pressed it, without a call and without using up its `response_code`.
//!
//! The platform waits for five seconds. What has to change for others too, or later, is
//! [`update_card`](crate::Client::update_card).
//!
//! Source: 接收消息与事件 / 被动回复消息格式, <https://developer.work.weixin.qq.com/document/path/90241>.

use std::fmt::Write as _;

use serde_json::Value;

use crate::crypto::{CallbackKeys, Sealed};
use crate::limits::Check;
use crate::message::CardChange;
use crate::{Error, xml};

/// Names the answer in errors, in place of a call.
const CHECK: Check = Check { api: "callback reply" };

/// An answer to [`Event::CardClick`](crate::event::Event::CardClick) or
/// [`Event::CardMenu`](crate::event::Event::CardMenu).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardReply {
    /// The member who pressed.
    pub userid: String,
    /// How the card changes for them.
    pub change: CardChange,
}

impl CallbackKeys {
    /// Encrypts and signs the answer; [`Sealed::to_xml`] is the body of the HTTP response.
    ///
    /// `timestamp` is in Unix seconds. `random16` must be fresh random bytes. A new card has the same
    /// limits as one that is sent.
    pub fn seal_reply(
        &self,
        timestamp: i64,
        nonce: &str,
        random16: [u8; 16],
        reply: &CardReply,
    ) -> Result<Sealed, Error> {
        CHECK.required_bytes(format_args!("userid"), &reply.userid, 64)?;
        let msg_type = match &reply.change {
            CardChange::ReplaceButton { .. } => "update_button",
            CardChange::ReplaceCard { .. } => "update_template_card",
        };
        let change = serde_json::to_value(reply.change.wire(CHECK)?);
        let change = change.map_err(|error| CHECK.error(format_args!("change"), error.to_string()))?;
        let mut plain = format!(
            "<xml><ToUserName>{}</ToUserName><FromUserName>{}</FromUserName>\
             <CreateTime>{timestamp}</CreateTime><MsgType>{}</MsgType>",
            text("userid", &reply.userid)?,
            xml::cdata(self.corp_id()),
            xml::cdata(msg_type),
        );
        write_fields("", &change, &mut plain)?;
        plain.push_str("</xml>");
        Ok(self.seal(timestamp, nonce, random16, &plain))
    }
}

/// The fields of a JSON object as elements: the platform has the same fields in both, under names in
/// another dress. A list is its element several times.
fn write_fields(at: &str, object: &Value, into: &mut String) -> Result<(), Error> {
    for (field, value) in object.as_object().into_iter().flatten() {
        let path = if at.is_empty() { field.clone() } else { format!("{at}.{field}") };
        match value {
            Value::Array(entries) => {
                entries.iter().try_for_each(|entry| write_element(&path, field, entry, into))?;
            }
            single => write_element(&path, field, single, into)?,
        }
    }
    Ok(())
}

fn write_element(path: &str, field: &str, value: &Value, into: &mut String) -> Result<(), Error> {
    let name = element_name(field);
    write!(into, "<{name}>").expect("a String takes everything");
    match value {
        Value::Object(_) => write_fields(path, value, into)?,
        Value::String(content) => into.push_str(&text(path, content)?),
        // Numbers and truth values look alike in both.
        other => write!(into, "{other}").expect("a String takes everything"),
    }
    write!(into, "</{name}>").expect("a String takes everything");
    Ok(())
}

fn text(path: &str, content: &str) -> Result<String, Error> {
    if content.chars().all(xml::is_char) {
        Ok(xml::cdata(content))
    } else {
        Err(CHECK.error(format_args!("{path}"), "has characters that XML forbids"))
    }
}

/// `main_title` is `MainTitle`. Some names are of two words without saying so.
fn element_name(field: &str) -> String {
    match field {
        "keyname" => "KeyName".to_owned(),
        "appid" => "AppId".to_owned(),
        "pagepath" => "PagePath".to_owned(),
        "userid" => "UserId".to_owned(),
        "checkbox" => "CheckBox".to_owned(),
        _ => field.split('_').map(capitalised).collect(),
    }
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
}
