//! Cards that call back.

use serde::{Serialize, Serializer};

use super::{ActionMenu, Button, ButtonSelection, MainTitle, QuoteArea, Row, Source, Target};
use crate::redact;

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

/// A card with a question and answers to tick, and a button that sends them.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct VoteInteraction {
    /// Where it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// 1 to 128 of `0-9A-Za-z_-@`, never used before by this app; comes back with the answers.
    pub task_id: String,
    /// The headline; has to have a title.
    pub main_title: MainTitle,
    /// The question.
    pub checkbox: Checkbox,
    /// Sends the answers.
    pub submit_button: SubmitButton,
}

/// A card with lists to choose from, and a button that sends the choices.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct MultipleInteraction {
    /// Where it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// 1 to 128 of `0-9A-Za-z_-@`, never used before by this app; comes back with the choices.
    pub task_id: String,
    /// The headline; has to have a title.
    pub main_title: MainTitle,
    /// 1 to 3 lists.
    pub select_list: Vec<ButtonSelection>,
    /// Sends the choices.
    pub submit_button: SubmitButton,
}

/// A question with answers to tick.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Checkbox {
    /// Names the question in the event, 1 to 1024 bytes.
    pub question_key: String,
    /// How many answers may be ticked.
    pub mode: CheckboxMode,
    /// 1 to 20.
    pub option_list: Vec<CheckOption>,
}

/// How many answers may be ticked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckboxMode {
    /// 0: one.
    Single,
    /// 1: any number.
    Multiple,
}

/// An answer to tick.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct CheckOption {
    /// 1 to 128 bytes, another one for each answer.
    pub id: String,
    /// What it says.
    pub text: String,
    /// Whether it is ticked at first; in a question with one answer, one at most.
    pub is_checked: bool,
}

/// Sends what was chosen.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct SubmitButton {
    /// 1 to 10.
    pub text: String,
    /// 1 to 1024 bytes; comes back as the event's key.
    pub key: String,
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

impl Serialize for CheckboxMode {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u8(match self {
            CheckboxMode::Single => 0,
            CheckboxMode::Multiple => 1,
        })
    }
}

redact::redacted_debug!(
    ButtonInteraction,
    VoteInteraction,
    MultipleInteraction,
    Checkbox,
    CheckOption,
    SubmitButton
);
