//! The parts of a card whose fields depend on a number: `type` 0, 1, 2 or 3 with different
//! companions. As enums, only the companions that belong together can be said.

use serde::{Serialize, Serializer};

use crate::redact;

/// What a tap opens.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// `type` 1: a web page.
    Url(String),
    /// `type` 2: a mini-program, which must be linked to the app.
    MiniProgram {
        /// Its app id.
        appid: String,
        /// The page to open; `None` opens the first.
        pagepath: Option<String>,
    },
}

/// What a tap on a row's value opens.
#[derive(Clone, PartialEq, Eq)]
pub enum RowKind {
    /// Nothing.
    Plain,
    /// `type` 1: a web page.
    Url(String),
    /// `type` 2: a file.
    File {
        /// From `media/upload`.
        media_id: String,
    },
    /// `type` 3: a member's profile.
    Member {
        /// The member.
        userid: String,
    },
}

/// What a press on a button does.
#[derive(Clone, PartialEq, Eq)]
pub enum ButtonAction {
    /// `type` 0: sends an event.
    Callback {
        /// 1 to 1024 bytes; comes back as the event's key.
        key: String,
    },
    /// `type` 1: opens a web page.
    Url(String),
}

/// All of them as they are sent.
#[derive(Serialize, Default)]
struct Wire<'a> {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    appid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pagepath: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    media_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    userid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let wire = match self {
            Target::Url(url) => Wire { kind: Some(1), url: Some(url), ..Wire::default() },
            Target::MiniProgram { appid, pagepath } => {
                Wire { kind: Some(2), appid: Some(appid), pagepath: pagepath.as_deref(), ..Wire::default() }
            }
        };
        wire.serialize(to)
    }
}

impl Serialize for RowKind {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let wire = match self {
            RowKind::Plain => Wire::default(),
            RowKind::Url(url) => Wire { kind: Some(1), url: Some(url), ..Wire::default() },
            RowKind::File { media_id } => Wire { kind: Some(2), media_id: Some(media_id), ..Wire::default() },
            RowKind::Member { userid } => Wire { kind: Some(3), userid: Some(userid), ..Wire::default() },
        };
        wire.serialize(to)
    }
}

impl Serialize for ButtonAction {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let wire = match self {
            ButtonAction::Callback { key } => Wire { kind: Some(0), key: Some(key), ..Wire::default() },
            ButtonAction::Url(url) => Wire { kind: Some(1), url: Some(url), ..Wire::default() },
        };
        wire.serialize(to)
    }
}

redact::redacted_debug!(Target, RowKind, ButtonAction);
