//! What a message to members says, kind by kind.

use std::fmt;

use serde::{Serialize, Serializer};

use super::TemplateCard;
use crate::limits::{Check, MAX_ADDRESS};
use crate::{Error, redact};

/// The most articles of one message.
const MAX_ARTICLES: usize = 8;

/// What a message says. A `media_id` comes from `media/upload` and is good for three days. `Debug`
/// shows the kind and a size only.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// A text.
    Text {
        /// 1 to 2048 bytes; the platform would cut off the rest. `<a href>` and line breaks work.
        content: String,
    },
    /// A text with simple formatting, which the WeChat plugin does not show.
    Markdown {
        /// 1 to 2048 bytes. Headings, bold, links, inline code, quotes, and `<font color>` with
        /// `info`, `comment` or `warning`.
        content: String,
    },
    /// A card with a title and a text that opens a page.
    TextCard(TextCard),
    /// A picture.
    Image {
        /// The uploaded picture.
        media_id: String,
    },
    /// A recording.
    Voice {
        /// The uploaded recording.
        media_id: String,
    },
    /// A video.
    Video(Video),
    /// A file.
    File {
        /// The uploaded file.
        media_id: String,
    },
    /// Pictures with titles that open pages.
    News {
        /// 1 to 8.
        articles: Vec<Article>,
    },
    /// A card, perhaps with buttons.
    #[serde(rename = "template_card")]
    TemplateCard(Box<TemplateCard>),
}

/// A card with a title and a text that opens a page.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct TextCard {
    /// 1 to 128 characters.
    pub title: String,
    /// 1 to 512 characters. `<div class>` with `gray`, `highlight` or `normal` colours lines.
    pub description: String,
    /// Address of the page, 1 to 2048 bytes, with its scheme.
    pub url: String,
    /// What the line at the foot says, up to 4 characters; the platform takes 详情 for `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub btntxt: Option<String>,
}

/// A video.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Video {
    /// The uploaded video.
    pub media_id: String,
    /// Up to 128 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Up to 512 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A picture with a title that opens something.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Article {
    /// 1 to 128 bytes.
    pub title: String,
    /// Up to 512 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Address of the picture, up to 2048 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picurl: Option<String>,
    /// What a tap opens.
    #[serde(flatten)]
    pub target: ArticleTarget,
}

/// What a tap on an article opens. If the platform is given both it takes the mini-program, so both
/// cannot be said here.
#[derive(Clone, PartialEq, Eq)]
pub enum ArticleTarget {
    /// A web page: its address, 1 to 2048 bytes, with its scheme.
    Url(String),
    /// A mini-program, which must be linked to the app.
    MiniProgram {
        /// Its app id.
        appid: String,
        /// The page to open.
        pagepath: String,
    },
}

impl Body {
    /// The platform's name of the kind.
    pub(super) fn msgtype(&self) -> &'static str {
        match self {
            Body::Text { .. } => "text",
            Body::Markdown { .. } => "markdown",
            Body::TextCard(_) => "textcard",
            Body::Image { .. } => "image",
            Body::Voice { .. } => "voice",
            Body::Video(_) => "video",
            Body::File { .. } => "file",
            Body::News { .. } => "news",
            Body::TemplateCard(_) => "template_card",
        }
    }

    pub(super) fn check(&self, check: Check) -> Result<(), Error> {
        let kind = self.msgtype();
        match self {
            Body::Text { content } | Body::Markdown { content } => {
                check.required_bytes(format_args!("{kind}.content"), content, 2048)
            }
            Body::TextCard(card) => card.check(check),
            Body::Image { media_id } | Body::Voice { media_id } | Body::File { media_id } => {
                check.present(format_args!("{kind}.media_id"), media_id)
            }
            Body::Video(video) => video.check(check),
            Body::News { articles } => {
                check.count(format_args!("news.articles"), articles.len(), 1..=MAX_ARTICLES)?;
                articles.iter().enumerate().try_for_each(|(i, article)| article.check(check, i))
            }
            Body::TemplateCard(card) => card.check(check),
        }
    }
}

impl TextCard {
    fn check(&self, check: Check) -> Result<(), Error> {
        check.required_chars(format_args!("textcard.title"), &self.title, 128)?;
        check.required_chars(format_args!("textcard.description"), &self.description, 512)?;
        check.address(format_args!("textcard.url"), &self.url)?;
        check.chars(format_args!("textcard.btntxt"), self.btntxt.as_deref().unwrap_or_default(), 4)
    }
}

impl Video {
    fn check(&self, check: Check) -> Result<(), Error> {
        check.present(format_args!("video.media_id"), &self.media_id)?;
        check.bytes(format_args!("video.title"), self.title.as_deref().unwrap_or_default(), 128)?;
        check.bytes(format_args!("video.description"), self.description.as_deref().unwrap_or_default(), 512)
    }
}

impl Article {
    fn check(&self, check: Check, i: usize) -> Result<(), Error> {
        let at = format_args!("news.articles[{i}]");
        check.required_bytes(format_args!("{at}.title"), &self.title, 128)?;
        let description = self.description.as_deref().unwrap_or_default();
        check.bytes(format_args!("{at}.description"), description, 512)?;
        check.bytes(format_args!("{at}.picurl"), self.picurl.as_deref().unwrap_or_default(), MAX_ADDRESS)?;
        match &self.target {
            ArticleTarget::Url(url) => check.address(format_args!("{at}.url"), url),
            ArticleTarget::MiniProgram { appid, pagepath } => {
                check.present(format_args!("{at}.appid"), appid)?;
                check.present(format_args!("{at}.pagepath"), pagepath)
            }
        }
    }
}

impl Serialize for ArticleTarget {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Wire<'a> {
            Url { url: &'a str },
            MiniProgram { appid: &'a str, pagepath: &'a str },
        }
        let wire = match self {
            ArticleTarget::Url(url) => Wire::Url { url },
            ArticleTarget::MiniProgram { appid, pagepath } => Wire::MiniProgram { appid, pagepath },
        };
        wire.serialize(to)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::Text { content } => write!(f, "Text({} bytes)", content.len()),
            Body::Markdown { content } => write!(f, "Markdown({} bytes)", content.len()),
            Body::News { articles } => write!(f, "News({} articles)", articles.len()),
            Body::TemplateCard(card) => card.fmt(f),
            Body::TextCard(_)
            | Body::Image { .. }
            | Body::Voice { .. }
            | Body::Video(_)
            | Body::File { .. } => write!(f, "Body({})", self.msgtype()),
        }
    }
}

redact::redacted_debug!(TextCard, Video, Article, ArticleTarget);
