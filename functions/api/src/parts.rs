//! What is sent to a customer: a content and its parts, as they get it.

use app::ReadyPart;
use domain::content::SentContent;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{schema, words::Words};

/// A version of a content that is sent, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SentContent, example = json!({"content": "price-list", "version": 3, "edition": 2, "title": "新品报价单"}))]
pub(crate) struct SentView {
    #[schema(value_type = schema::Slug)]
    pub(crate) content: String,
    pub(crate) version: u32,
    /// Versions of one edition are the same to whoever has had one of them.
    pub(crate) edition: u32,
    /// As it is called now.
    pub(crate) title: String,
}

impl SentView {
    pub(crate) fn new(sent: &SentContent, words: &Words<'_>) -> Self {
        Self {
            content: sent.content.to_string(),
            version: sent.version,
            edition: sent.edition,
            title: words.content(&sent.content),
        }
    }
}

/// One message to a customer, with everything that is needed to send it. Addresses of files are good for 15 minutes; null:
/// the file is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReadyPart, example = json!({"kind": "link", "title": "新品报价单", "desc": "三月更新",
    "url": "https://stepwise.example.com/l/k3J9xQ", "cover": null}))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum PartView {
    /// A text.
    Text {
        /// As this customer gets it.
        text: String,
    },
    /// A picture.
    Image {
        /// Where it is.
        file: Option<String>,
    },
    /// A card that opens a web page.
    Link {
        title: String,
        desc: Option<String>,
        /// By way of Stepwise, which hears that it was opened.
        url: String,
        /// Where its picture is; null: it has none.
        cover: Option<String>,
    },
    /// A card that opens a mini-program.
    MiniProgram {
        title: String,
        appid: String,
        page: String,
        /// Where its picture is.
        cover: Option<String>,
    },
    /// A video.
    Video {
        /// Where it is.
        file: Option<String>,
    },
    /// A file.
    File {
        /// Under which name it arrives.
        name: String,
        /// Where it is.
        file: Option<String>,
    },
}

impl From<ReadyPart> for PartView {
    fn from(part: ReadyPart) -> Self {
        match part {
            ReadyPart::Text { text } => Self::Text { text },
            ReadyPart::Image { file } => Self::Image { file },
            ReadyPart::Link { title, desc, url, cover } => Self::Link { title, desc, url, cover },
            ReadyPart::MiniProgram { title, appid, page, cover } => {
                Self::MiniProgram { title, appid, page, cover }
            }
            ReadyPart::Video { file } => Self::Video { file },
            ReadyPart::File { name, file } => Self::File { name, file },
        }
    }
}
