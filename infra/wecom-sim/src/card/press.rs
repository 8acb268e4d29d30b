//! Pressing on a card.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::entries;

/// What a member does with a card.
#[derive(Debug, Default)]
pub(crate) struct Press<'a> {
    /// Of a button, of the submit button, or of an entry of the menu in the corner.
    pub(crate) key: Option<&'a str>,
    /// Question → ids of options.
    pub(crate) selected: BTreeMap<String, Vec<String>>,
}

/// What the app is told of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pressed {
    /// `template_card_event` or `template_card_menu_event`.
    pub(crate) event: &'static str,
    pub(crate) key: String,
    pub(crate) selected: BTreeMap<String, Vec<String>>,
}

impl Press<'_> {
    /// Whether the card has all that, and what follows. `Err` says what it has not.
    pub(crate) fn on(&self, card: &Value) -> Result<Pressed, String> {
        let submit = card.pointer("/submit_button/key").and_then(Value::as_str);
        let key = match (self.key, submit) {
            (Some(key), _) => key,
            (None, Some(submit)) => submit,
            (None, None) => return Err("the card has no submit button: give the key of a button".to_owned()),
        };
        let has = |pointer: &str| entries(card, pointer).any(|entry| entry["key"] == key);
        let event = if has("/action_menu/action_list") && !has("/button_list") && submit != Some(key) {
            "template_card_menu_event"
        } else if has("/button_list") || submit == Some(key) {
            "template_card_event"
        } else {
            return Err(format!("the card has no button or menu entry with the key {key}"));
        };
        for (question, options) in &self.selected {
            check_answer(card, question, options)?;
        }
        Ok(Pressed { event, key: key.to_owned(), selected: self.selected.clone() })
    }
}

fn check_answer(card: &Value, question: &str, options: &[String]) -> Result<(), String> {
    let asked = [card.get("checkbox"), card.get("button_selection")]
        .into_iter()
        .flatten()
        .chain(entries(card, "/select_list"))
        .find(|asked| asked["question_key"] == question)
        .ok_or_else(|| format!("the card does not ask {question}"))?;
    let known: BTreeSet<&str> =
        entries(asked, "/option_list").filter_map(|option| option["id"].as_str()).collect();
    if let Some(unknown) = options.iter().find(|option| !known.contains(option.as_str())) {
        return Err(format!("{question} has no option {unknown}"));
    }
    let takes_several = asked["mode"] == 1;
    if options.len() > 1 && !takes_several {
        return Err(format!("{question} takes one option"));
    }
    Ok(())
}
