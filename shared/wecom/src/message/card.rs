//! Cards in messages to members: `text_notice`, which opens something, and `button_interaction`,
//! whose buttons call back.

mod check;
mod target;

use serde::Serialize;

pub use target::{ButtonAction, RowKind, Target};

use crate::redact;

/// A card. Lengths below are in characters unless bytes are said. `Debug` shows the name of the
/// type only, here and in all parts of a card.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "card_type", rename_all = "snake_case")]
pub enum TemplateCard {
    /// A notice that opens something when tapped.
    TextNotice(TextNotice),
    /// A card with buttons. The app needs a callback URL (43012); a press arrives as
    /// [`Event::CardClick`](crate::event::Event::CardClick).
    ButtonInteraction(ButtonInteraction),
}

/// A notice that opens something when tapped. Has to have `main_title.title` or `sub_title_text`.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct TextNotice {
    /// Where it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// A menu in the corner; makes `task_id` necessary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_menu: Option<ActionMenu>,
    /// 1 to 128 of `0-9A-Za-z_-@`, never used before by this app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// The headline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub main_title: Option<MainTitle>,
    /// A big number or word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emphasis_content: Option<Emphasis>,
    /// A quotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote_area: Option<QuoteArea>,
    /// Up to 160.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_title_text: Option<String>,
    /// Up to 6 lines of name and value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub horizontal_content_list: Vec<Row>,
    /// Up to 3 lines that open something.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub jump_list: Vec<Jump>,
    /// What a tap on the card opens.
    pub card_action: Target,
}

/// A card with buttons.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ButtonInteraction {
    /// Where it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// A menu in the corner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_menu: Option<ActionMenu>,
    /// 1 to 128 of `0-9A-Za-z_-@`, never used before by this app; comes back with every press.
    pub task_id: String,
    /// The headline.
    pub main_title: MainTitle,
    /// A quotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote_area: Option<QuoteArea>,
    /// Up to 160.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_title_text: Option<String>,
    /// Up to 6 lines of name and value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub horizontal_content_list: Vec<Row>,
    /// What a tap on the card opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_action: Option<Target>,
    /// A list to choose from; the choice comes back with every press.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub button_selection: Option<ButtonSelection>,
    /// 1 to 6.
    pub button_list: Vec<Button>,
}

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
    /// 1 to 1024 bytes; comes back as the event's key.
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
    /// Names the list in the event.
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
    /// 1 to 128 bytes.
    pub id: String,
    /// What it says.
    pub text: String,
}

impl TextNotice {
    /// A notice with nothing in it but what a tap opens; set the other fields as needed.
    pub fn new(card_action: Target) -> TextNotice {
        TextNotice {
            source: None,
            action_menu: None,
            task_id: None,
            main_title: None,
            emphasis_content: None,
            quote_area: None,
            sub_title_text: None,
            horizontal_content_list: Vec::new(),
            jump_list: Vec::new(),
            card_action,
        }
    }
}

impl ButtonInteraction {
    /// A card with a headline and buttons; set the other fields as needed.
    pub fn new(
        task_id: impl Into<String>,
        main_title: MainTitle,
        button_list: Vec<Button>,
    ) -> ButtonInteraction {
        ButtonInteraction {
            source: None,
            action_menu: None,
            task_id: task_id.into(),
            main_title,
            quote_area: None,
            sub_title_text: None,
            horizontal_content_list: Vec::new(),
            card_action: None,
            button_selection: None,
            button_list,
        }
    }
}

redact::redacted_debug!(
    TemplateCard,
    TextNotice,
    ButtonInteraction,
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
