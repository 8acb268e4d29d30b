//! What a content says: one message, or several that are sent in order.

use serde::{Deserialize, Serialize};

use super::{BlobId, media::MediaKind};

/// The most parts besides the text: WeCom sends no more with one welcome or one task.
pub const MAX_ATTACHMENTS: usize = 9;

/// Parts in order. A text is one and the first, as WeCom sends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// 1 to 10, [`MAX_ATTACHMENTS`] of which are not the text.
    pub parts: Vec<Part>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", try_from = "Fields")]
pub enum Part {
    /// A text with variables, e.g. `你好 {{customer.name|您}}`.
    Text {
        /// The text.
        text: String,
    },
    /// A picture.
    Image {
        /// The picture.
        blob: BlobId,
    },
    /// A card that opens a web page (H5).
    Link {
        /// Its title.
        title: String,
        /// What stands below it.
        #[serde(skip_serializing_if = "Option::is_none")]
        desc: Option<String>,
        /// Where it leads.
        url: String,
        /// Its picture.
        #[serde(skip_serializing_if = "Option::is_none")]
        cover: Option<BlobId>,
    },
    /// A card that opens a mini-program.
    MiniProgram {
        /// Its title.
        title: String,
        /// Which mini-program: `wx` and 16 digits of hex. It has to be linked to the corp.
        appid: String,
        /// Which page of it.
        page: String,
        /// Its picture.
        cover: BlobId,
    },
    /// A video.
    Video {
        /// The video.
        blob: BlobId,
    },
    /// A file.
    File {
        /// The file.
        blob: BlobId,
        /// Under which name it arrives, with its ending.
        name: String,
    },
}

impl Body {
    /// The blobs that it shows, with what each is used as.
    pub fn blobs(&self) -> impl Iterator<Item = (&BlobId, MediaKind)> {
        self.parts.iter().filter_map(Part::blob)
    }

    /// The text, if there is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.parts.iter().find_map(|part| match part {
            Part::Text { text } => Some(text.as_str()),
            _ => None,
        })
    }
}

impl Part {
    /// The blob that it shows, and what as.
    #[must_use]
    pub const fn blob(&self) -> Option<(&BlobId, MediaKind)> {
        match self {
            Self::Text { .. } | Self::Link { cover: None, .. } => None,
            Self::Image { blob } => Some((blob, MediaKind::Image)),
            Self::Link { cover: Some(cover), .. } => Some((cover, MediaKind::LinkCover)),
            Self::MiniProgram { cover, .. } => Some((cover, MediaKind::MiniCover)),
            Self::Video { blob } => Some((blob, MediaKind::Video)),
            Self::File { blob, .. } => Some((blob, MediaKind::File)),
        }
    }
}

/// A part as it is written. Read field by field, so that what is wrong with one has its own pointer.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Fields {
    kind: Option<Kind>,
    text: Option<String>,
    blob: Option<BlobId>,
    title: Option<String>,
    desc: Option<String>,
    url: Option<String>,
    cover: Option<BlobId>,
    appid: Option<String>,
    page: Option<String>,
    name: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Text,
    Image,
    Link,
    MiniProgram,
    Video,
    File,
}

impl TryFrom<Fields> for Part {
    /// In serde's words, which [`crate::shape`] understands.
    type Error = String;

    fn try_from(mut fields: Fields) -> Result<Self, String> {
        let kind = need(&mut fields.kind, "kind")?;
        let part = match kind {
            Kind::Text => Self::Text { text: need(&mut fields.text, "text")? },
            Kind::Image => Self::Image { blob: need(&mut fields.blob, "blob")? },
            Kind::Link => Self::Link {
                title: need(&mut fields.title, "title")?,
                desc: fields.desc.take(),
                url: need(&mut fields.url, "url")?,
                cover: fields.cover.take(),
            },
            Kind::MiniProgram => Self::MiniProgram {
                title: need(&mut fields.title, "title")?,
                appid: need(&mut fields.appid, "appid")?,
                page: need(&mut fields.page, "page")?,
                cover: need(&mut fields.cover, "cover")?,
            },
            Kind::Video => Self::Video { blob: need(&mut fields.blob, "blob")? },
            Kind::File => {
                Self::File { blob: need(&mut fields.blob, "blob")?, name: need(&mut fields.name, "name")? }
            }
        };
        match fields.left() {
            None => Ok(part),
            Some(field) => Err(format!("unknown field `{field}`, expected one of {}", kind.fields())),
        }
    }
}

impl Fields {
    /// A field that was given and does not belong to the part.
    fn left(&self) -> Option<&'static str> {
        let given = [
            ("text", self.text.is_some()),
            ("blob", self.blob.is_some()),
            ("title", self.title.is_some()),
            ("desc", self.desc.is_some()),
            ("url", self.url.is_some()),
            ("cover", self.cover.is_some()),
            ("appid", self.appid.is_some()),
            ("page", self.page.is_some()),
            ("name", self.name.is_some()),
        ];
        given.into_iter().find_map(|(name, given)| given.then_some(name))
    }
}

impl Kind {
    /// The fields of a part of this kind, as serde lists them.
    const fn fields(self) -> &'static str {
        match self {
            Self::Text => "`kind`, `text`",
            Self::Image | Self::Video => "`kind`, `blob`",
            Self::Link => "`kind`, `title`, `desc`, `url`, `cover`",
            Self::MiniProgram => "`kind`, `title`, `appid`, `page`, `cover`",
            Self::File => "`kind`, `blob`, `name`",
        }
    }
}

fn need<T>(field: &mut Option<T>, name: &str) -> Result<T, String> {
    field.take().ok_or_else(|| format!("missing field `{name}`"))
}
