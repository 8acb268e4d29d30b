//! What a message to a customer says: a text and what goes along with it, which welcome and mass
//! messages share.
//!
//! Sources: 客户联系 / 消息推送 / 发送新客户欢迎语,
//! <https://developer.work.weixin.qq.com/document/path/92137>; 创建企业群发,
//! <https://developer.work.weixin.qq.com/document/path/92135>.

use std::fmt;

use serde::Serialize;

use crate::Error;
use crate::limits::{Check, MAX_ADDRESS};

/// The most attachments of one message; each arrives as a message of its own.
const MAX_ATTACHMENTS: usize = 9;
/// The most bytes of a text to a customer.
const MAX_TEXT: usize = 4000;

/// One attachment. A `media_id` comes from `media/upload` and is good for three days. `Debug` shows
/// the kind only.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Attachment {
    /// A picture.
    Image(Image),
    /// A card that opens a web page.
    Link {
        /// 1 to 128 bytes.
        title: String,
        /// Address of the cover, up to 2048 bytes.
        #[serde(skip_serializing_if = "Option::is_none")]
        picurl: Option<String>,
        /// Up to 512 bytes.
        #[serde(skip_serializing_if = "Option::is_none")]
        desc: Option<String>,
        /// Address of the page, 1 to 2048 bytes, with its scheme (45034).
        url: String,
    },
    /// A card that opens a mini-program.
    MiniProgram {
        /// 1 to 64 bytes.
        title: String,
        /// The cover, 520 × 416 pixels.
        pic_media_id: String,
        /// Must be linked to the corp.
        appid: String,
        /// The page to open.
        page: String,
    },
    /// A video.
    Video {
        /// The uploaded video.
        media_id: String,
    },
    /// A file.
    File {
        /// The uploaded file.
        media_id: String,
    },
}

/// Where a picture comes from. If the platform is given both it takes the first, so both cannot be
/// said here.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Image {
    /// Uploaded with `media/upload`.
    MediaId(String),
    /// Uploaded with `media/uploadimg`; no other address works.
    PicUrl(String),
}

/// Text and attachments as they are sent, flattened into a request.
#[derive(Serialize)]
pub(crate) struct WireContent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<WireText<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<WireAttachment<'a>>,
}

#[derive(Serialize)]
struct WireText<'a> {
    content: &'a str,
}

/// The object as it is sent: `{"msgtype": "link", "link": {…}}`.
#[derive(Serialize)]
struct WireAttachment<'a> {
    msgtype: &'static str,
    #[serde(flatten)]
    attachment: &'a Attachment,
}

impl Attachment {
    /// The platform's name of the kind: `image`, `link`, `miniprogram`, `video` or `file`.
    pub fn msgtype(&self) -> &'static str {
        match self {
            Attachment::Image(_) => "image",
            Attachment::Link { .. } => "link",
            Attachment::MiniProgram { .. } => "miniprogram",
            Attachment::Video { .. } => "video",
            Attachment::File { .. } => "file",
        }
    }
}

/// Checks what a message says and brings it into the form in which it is sent. `None` and an empty
/// text are the same; one of the two parts has to be there.
pub(crate) fn wire_content<'a>(
    check: Check,
    text: Option<&'a str>,
    attachments: &'a [Attachment],
) -> Result<WireContent<'a>, Error> {
    let text = text.filter(|text| !text.is_empty());
    if text.is_none() && attachments.is_empty() {
        return Err(check.error(format_args!("text.content"), "is empty, and so is attachments"));
    }
    check.bytes(format_args!("text.content"), text.unwrap_or_default(), MAX_TEXT)?;
    Ok(WireContent {
        text: text.map(|content| WireText { content }),
        attachments: wire_attachments(check, attachments)?,
    })
}

fn wire_attachments(check: Check, attachments: &[Attachment]) -> Result<Vec<WireAttachment<'_>>, Error> {
    check.count(format_args!("attachments"), attachments.len(), 0..=MAX_ATTACHMENTS)?;
    for (i, attachment) in attachments.iter().enumerate() {
        let kind = attachment.msgtype();
        let required = |field: &str, value: &str, max| {
            check.required_bytes(format_args!("attachments[{i}].{kind}.{field}"), value, max)
        };
        match attachment {
            Attachment::Image(Image::MediaId(media_id)) => {
                required("media_id", media_id, usize::MAX)?;
            }
            Attachment::Image(Image::PicUrl(pic_url)) => required("pic_url", pic_url, MAX_ADDRESS)?,
            Attachment::Link { title, picurl, desc, url } => {
                required("title", title, 128)?;
                let picurl = picurl.as_deref().unwrap_or_default();
                check.bytes(format_args!("attachments[{i}].link.picurl"), picurl, MAX_ADDRESS)?;
                let desc = desc.as_deref().unwrap_or_default();
                check.bytes(format_args!("attachments[{i}].link.desc"), desc, 512)?;
                check.address(format_args!("attachments[{i}].link.url"), url)?;
            }
            Attachment::MiniProgram { title, pic_media_id, appid, page } => {
                required("title", title, 64)?;
                required("pic_media_id", pic_media_id, usize::MAX)?;
                required("appid", appid, usize::MAX)?;
                required("page", page, usize::MAX)?;
            }
            Attachment::Video { media_id } | Attachment::File { media_id } => {
                required("media_id", media_id, usize::MAX)?;
            }
        }
    }
    Ok(attachments
        .iter()
        .map(|attachment| WireAttachment { msgtype: attachment.msgtype(), attachment })
        .collect())
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attachment({})", self.msgtype())
    }
}

crate::redact::redacted_debug!(Image);
