//! Template cards (模板卡片): what may stand on one, and what can be pressed on it.

mod check;
mod press;

use serde_json::Value;

pub(crate) use check::check;
pub(crate) use press::{Press, Pressed};

/// What is wrong with a card: WeCom's code, and words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) code: i64,
    pub(crate) text: String,
}

impl Flaw {
    pub(crate) fn new(code: i64, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

/// Why a card is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// It is to be sent.
    Sending,
    /// It is to take the place of one that was sent, whose task it goes on with.
    Update,
}

/// Whether members can answer by it. Such a card needs a task id, and the app a callback address.
pub(crate) fn is_interactive(card: &Value) -> bool {
    !is_notice(card) || card.get("action_menu").is_some()
}

fn is_notice(card: &Value) -> bool {
    matches!(card["card_type"].as_str(), Some("text_notice" | "news_notice"))
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

/// The entries of a list on the card; none where there is no list.
fn entries<'a>(card: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    card.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}
