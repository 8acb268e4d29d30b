//! Cards in messages to members. Two kinds only open something: `text_notice` and `news_notice`. Three
//! call back: `button_interaction`, `vote_interaction` and `multiple_interaction`.

mod check;
mod interaction;
mod notice;
mod parts;
mod target;

use serde::Serialize;

pub use interaction::{
    ButtonInteraction, CheckOption, Checkbox, CheckboxMode, MultipleInteraction, SubmitButton,
    VoteInteraction,
};
pub use notice::{CardImage, ImageTextArea, NewsNotice, Picture, TextNotice, VerticalContent};
pub use parts::{
    ActionMenu, Button, ButtonSelection, Emphasis, Jump, MainTitle, MenuAction, QuoteArea, Row, SelectOption,
    Source,
};
pub use target::{ButtonAction, RowKind, Target};

use crate::redact;

/// A card. Lengths below are in characters unless bytes are said. `Debug` shows the name of the
/// type only, here and in all parts of a card.
///
/// The last three, and any card with an `action_menu`, need a callback URL (43012); a press arrives
/// as [`Event::CardClick`](crate::event::Event::CardClick), a choice from the menu as
/// [`Event::CardMenu`](crate::event::Event::CardMenu).
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "card_type", rename_all = "snake_case")]
pub enum TemplateCard {
    /// A notice that opens something when tapped.
    TextNotice(TextNotice),
    /// A notice with a picture that opens something when tapped.
    NewsNotice(NewsNotice),
    /// A card with buttons.
    ButtonInteraction(ButtonInteraction),
    /// A card with a question and answers to tick.
    VoteInteraction(VoteInteraction),
    /// A card with lists to choose from.
    MultipleInteraction(MultipleInteraction),
}

redact::redacted_debug!(TemplateCard);
