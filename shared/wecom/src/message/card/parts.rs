//! What cards are made of.

use serde::Serialize;

use super::{ButtonAction, RowKind, Target};
use crate::redact;

/// Where a card comes from.
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
pub struct Source {
    /// Address of an icon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon_url: Option<String>,
    /// Up to 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desc: Option<String>,
    /// 0 grey, 1 black, 2 red, 3 green.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desc_color: Option<u8>,
}

/// The headline of a card.
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
pub struct MainTitle {
    /// Up to 36.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Up to 44.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desc: Option<String>,
}

/// A big number or word.
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
pub struct Emphasis {
    /// Up to 14.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Up to 22.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desc: Option<String>,
}

/// A quotation.
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
pub struct QuoteArea {
    /// What a tap opens.
    #[serde(flatten)]
    pub target: Option<Target>,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote_text: Option<String>,
}

/// A line of name and value.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// 1 to 5.
    pub keyname: String,
    /// Up to 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What a tap on the value opens.
    #[serde(flatten)]
    pub kind: RowKind,
}

/// A line that opens something.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Jump {
    /// Required.
    pub title: String,
    /// What a tap opens; `None` shows the line without a link.
    #[serde(flatten)]
    pub target: Option<Target>,
}

/// A menu in the corner of a card. Choosing an entry calls back.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ActionMenu {
    /// Shown above the entries.
    pub desc: String,
    /// 1 to 3.
    pub action_list: Vec<MenuAction>,
}

/// An entry of the menu.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct MenuAction {
    /// What it says.
    pub text: String,
    /// 1 to 1024 bytes, another one for each entry; comes back as the event's key.
    pub key: String,
}

/// A button.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Button {
    /// 1 to 10.
    pub text: String,
    /// Its look, 1 to 4; the platform takes 1 for `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<u8>,
    /// What a press does.
    #[serde(flatten)]
    pub action: ButtonAction,
}

/// A list to choose from.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ButtonSelection {
    /// Names the list in the event, 1 to 1024 bytes.
    pub question_key: String,
    /// Shown before the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// 1 to 10.
    pub option_list: Vec<SelectOption>,
    /// The option that is chosen at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selected_id: Option<String>,
}

/// Something to choose.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct SelectOption {
    /// 1 to 128 bytes, another one for each option of a list.
    pub id: String,
    /// What it says.
    pub text: String,
}

redact::redacted_debug!(
    Source,
    MainTitle,
    Emphasis,
    QuoteArea,
    Row,
    Jump,
    ActionMenu,
    MenuAction,
    Button,
    ButtonSelection,
    SelectOption,
);
