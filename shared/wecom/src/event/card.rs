//! `template_card_event` and `template_card_menu_event`: a member pressed a button of a card that the
//! app had sent, or chose from the menu in its corner.

use super::ParseError;
use super::fields::Fields;

pub(super) const EVENT: &str = "template_card_event";
pub(super) const MENU: &str = "template_card_menu_event";

/// A pressed button, which may be answered with a [`reply`](crate::reply) or, later, with
/// [`update_card`](crate::Client::update_card).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardClick {
    /// Who pressed it (`FromUserName`).
    pub userid: String,
    /// The `key` of the button, or of the one that sends what was chosen, as it was sent.
    pub event_key: String,
    /// The `task_id` of the card, as it was sent.
    pub task_id: String,
    /// `button_interaction` and so on.
    pub card_type: Option<String>,
    /// Lets the card be updated once within 72 hours.
    pub response_code: Option<String>,
    /// The app.
    pub agent_id: Option<i64>,
    /// What was chosen in the card's lists, one entry per list.
    pub selected: Vec<Selected>,
}

/// The choice in one list of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// The `question_key` of the list.
    pub question_key: String,
    /// The ids of the chosen options, in the platform's order.
    pub option_ids: Vec<String>,
}

/// A choice from the menu in the corner of a card; it is answered as a [`CardClick`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardMenu {
    /// Who chose (`FromUserName`).
    pub userid: String,
    /// The `key` of the entry, as it was sent.
    pub event_key: String,
    /// The `task_id` of the card, as it was sent.
    pub task_id: String,
    /// `text_notice` and so on.
    pub card_type: Option<String>,
    /// Lets the card be updated once within 72 hours.
    pub response_code: Option<String>,
    /// The app.
    pub agent_id: Option<i64>,
}

pub(super) fn parse(fields: &Fields<'_>) -> Result<CardClick, ParseError> {
    let selected = fields
        .records("SelectedItems")
        .flat_map(|list| list.records("SelectedItem"))
        .map(|item| {
            let option_ids = item.records("OptionIds").flat_map(|ids| ids.values("OptionId")).collect();
            Ok(Selected { question_key: item.required("QuestionKey")?, option_ids })
        })
        .collect::<Result<_, ParseError>>()?;
    Ok(CardClick {
        userid: fields.required("FromUserName")?,
        event_key: fields.required("EventKey")?,
        task_id: fields.required("TaskId")?,
        card_type: fields.optional("CardType")?,
        response_code: fields.optional("ResponseCode")?,
        agent_id: fields.optional_integer("AgentID")?,
        selected,
    })
}

pub(super) fn parse_menu(fields: &Fields<'_>) -> Result<CardMenu, ParseError> {
    Ok(CardMenu {
        userid: fields.required("FromUserName")?,
        event_key: fields.required("EventKey")?,
        task_id: fields.required("TaskId")?,
        card_type: fields.optional("CardType")?,
        response_code: fields.optional("ResponseCode")?,
        agent_id: fields.optional_integer("AgentID")?,
    })
}
