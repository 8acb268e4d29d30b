//! Cards that only open something.

use serde::{Serialize, Serializer};

use super::{ActionMenu, Emphasis, Jump, MainTitle, QuoteArea, Row, Source, Target};
use crate::redact;

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

/// A notice with a picture that opens something when tapped.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct NewsNotice {
    /// Where it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// A menu in the corner; makes `task_id` necessary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_menu: Option<ActionMenu>,
    /// 1 to 128 of `0-9A-Za-z_-@`, never used before by this app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// The headline; has to have a title.
    pub main_title: MainTitle,
    /// A quotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote_area: Option<QuoteArea>,
    /// The picture.
    #[serde(flatten)]
    pub picture: Picture,
    /// Up to 4 paragraphs with titles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vertical_content_list: Vec<VerticalContent>,
    /// Up to 6 lines of name and value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub horizontal_content_list: Vec<Row>,
    /// Up to 3 lines that open something.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub jump_list: Vec<Jump>,
    /// What a tap on the card opens.
    pub card_action: Target,
}

/// How a notice shows its picture.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Picture {
    /// Across the whole card.
    CardImage(CardImage),
    /// At the left of a text.
    ImageTextArea(ImageTextArea),
}

/// A picture across the whole card.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct CardImage {
    /// Its address.
    pub url: String,
    /// Its width in percent of its height, 130 to 225; the platform takes 130 for `None`.
    #[serde(
        rename = "aspect_ratio",
        skip_serializing_if = "Option::is_none",
        serialize_with = "as_fraction"
    )]
    pub aspect_percent: Option<u16>,
}

/// A picture at the left of a text.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ImageTextArea {
    /// What a tap opens.
    #[serde(flatten)]
    pub target: Option<Target>,
    /// Title of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desc: Option<String>,
    /// Address of the picture.
    pub image_url: String,
}

/// A paragraph with a title.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct VerticalContent {
    /// Required.
    pub title: String,
    /// The paragraph.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desc: Option<String>,
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

impl NewsNotice {
    /// A notice with a headline and a picture; set the other fields as needed.
    pub fn new(main_title: MainTitle, picture: Picture, card_action: Target) -> NewsNotice {
        NewsNotice {
            source: None,
            action_menu: None,
            task_id: None,
            main_title,
            quote_area: None,
            picture,
            vertical_content_list: Vec::new(),
            horizontal_content_list: Vec::new(),
            jump_list: Vec::new(),
            card_action,
        }
    }
}

fn as_fraction<S: Serializer>(percent: &Option<u16>, to: S) -> Result<S::Ok, S::Error> {
    percent.map(|percent| f64::from(percent) / 100.0).serialize(to)
}

redact::redacted_debug!(TextNotice, NewsNotice, Picture, CardImage, ImageTextArea, VerticalContent);
