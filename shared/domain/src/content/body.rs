//! What a content says: one message, or several that are sent in order.

use serde::{Deserialize, Serialize};

use super::{BlobId, media::MediaKind};
use crate::sop::Text;

/// The most parts besides the text: WeCom sends no more with one welcome or one task.
pub const MAX_ATTACHMENTS: usize = 9;

/// The most parts that a draft may have, which may be wrong in other ways.
pub const MAX_PARTS: usize = 20;
/// How much of a text a list shows, in characters.
const EXCERPT_CHARS: usize = 60;

/// Parts in order. A text is one and the first, as WeCom sends it. What is kept is read so, with fields that are not known
/// left out; what people write is a [`BodyEdit`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// 1 to 10, [`MAX_ATTACHMENTS`] of which are not the text.
    pub parts: Vec<Part>,
}

/// A body as it is written: fields that are not known are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyEdit {
    /// See [`Body::parts`].
    pub parts: Vec<PartEdit>,
}

/// A part as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Fields")]
pub struct PartEdit(Part);

impl From<BodyEdit> for Body {
    fn from(edit: BodyEdit) -> Self {
        Self { parts: edit.parts.into_iter().map(|PartEdit(part)| part).collect() }
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
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

    /// The kinds of its parts, each once, in order.
    #[must_use]
    pub fn kinds(&self) -> Vec<PartKind> {
        let mut kinds = Vec::new();
        for kind in self.parts.iter().map(Part::kind) {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds
    }

    /// How its text begins for whoever has no name, in one line.
    #[must_use]
    pub fn excerpt(&self) -> String {
        let text = self.text().unwrap_or_default();
        let bare = Text::parse(text).map_or_else(|_| text.to_owned(), |text| text.bare());
        let line = bare.split_whitespace().collect::<Vec<_>>().join(" ");
        line.chars().take(EXCERPT_CHARS).collect()
    }
}

impl Part {
    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> PartKind {
        match self {
            Self::Text { .. } => PartKind::Text,
            Self::Image { .. } => PartKind::Image,
            Self::Link { .. } => PartKind::Link,
            Self::MiniProgram { .. } => PartKind::MiniProgram,
            Self::Video { .. } => PartKind::Video,
            Self::File { .. } => PartKind::File,
        }
    }

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
    kind: Option<PartKind>,
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

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// A text.
    Text,
    /// A picture.
    Image,
    /// A card that opens a web page.
    Link,
    /// A card that opens a mini-program.
    MiniProgram,
    /// A video.
    Video,
    /// A file.
    File,
}

impl TryFrom<Fields> for PartEdit {
    /// In serde's words, which [`crate::shape`] understands.
    type Error = String;

    fn try_from(mut fields: Fields) -> Result<Self, String> {
        let kind = need(&mut fields.kind, "kind")?;
        let part = fields.part(kind)?;
        match fields.left() {
            None => Ok(Self(part)),
            Some(field) => Err(format!("unknown field `{field}`, expected one of {}", kind.fields())),
        }
    }
}

impl Fields {
    /// The part of this kind.
    fn part(&mut self, kind: PartKind) -> Result<Part, String> {
        let fields = self;
        Ok(match kind {
            PartKind::Text => Part::Text { text: need(&mut fields.text, "text")? },
            PartKind::Image => Part::Image { blob: need(&mut fields.blob, "blob")? },
            PartKind::Link => Part::Link {
                title: need(&mut fields.title, "title")?,
                desc: fields.desc.take(),
                url: need(&mut fields.url, "url")?,
                cover: fields.cover.take(),
            },
            PartKind::MiniProgram => Part::MiniProgram {
                title: need(&mut fields.title, "title")?,
                appid: need(&mut fields.appid, "appid")?,
                page: need(&mut fields.page, "page")?,
                cover: need(&mut fields.cover, "cover")?,
            },
            PartKind::Video => Part::Video { blob: need(&mut fields.blob, "blob")? },
            PartKind::File => {
                Part::File { blob: need(&mut fields.blob, "blob")?, name: need(&mut fields.name, "name")? }
            }
        })
    }

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

impl PartKind {
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
