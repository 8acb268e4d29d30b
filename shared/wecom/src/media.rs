//! Media: `media/upload`, `media/uploadimg`, `media/upload_attachment`, `media/get`.
//!
//! What is uploaded is good for three days (but for [`upload_picture`](Client::upload_picture)) and
//! belongs to the corp, not to the app. An id works only where it was uploaded for: 40007 and 41072
//! say that it is too old, unknown or from another of these calls. Originals are therefore kept
//! elsewhere and uploaded again shortly before they are used.
//!
//! Sources: 素材管理 / 上传临时素材, <https://developer.work.weixin.qq.com/document/path/90253>;
//! 获取临时素材, <https://developer.work.weixin.qq.com/document/path/90254>; 上传图片,
//! <https://developer.work.weixin.qq.com/document/path/90256>; 上传附件资源,
//! <https://developer.work.weixin.qq.com/document/path/95098>.

mod download;
mod format;
mod multipart;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub use download::{ByteRange, Download, MAX_WHOLE_DOWNLOAD_BYTES};

use crate::client::{Api, Client, Effect, unclear};
use crate::limits::Check;
use crate::{AccessToken, Error, lenient};
use format::Format;

/// How long an upload or a download may take: 20 MB through a narrow line.
pub const MEDIA_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a media id is good.
pub const MEDIA_VALIDITY: Duration = Duration::from_secs(3 * 24 * 3600);

// An upload whose answer was lost leaves nothing behind that anybody sees, and a repetition gives
// another id: nothing about it is ambiguous.
const UPLOAD: Api = Api { path: "media/upload", effect: Effect::Reads, timeout: MEDIA_TIMEOUT };
const UPLOAD_IMG: Api = Api { path: "media/uploadimg", effect: Effect::Reads, timeout: MEDIA_TIMEOUT };
const UPLOAD_ATTACHMENT: Api =
    Api { path: "media/upload_attachment", effect: Effect::Reads, timeout: MEDIA_TIMEOUT };

const MIB: usize = 1024 * 1024;

/// A file to be uploaded. `Debug` shows its size only.
#[derive(Clone, PartialEq, Eq)]
pub struct Upload {
    /// What people see where the file is shown by name, with its ending. May be Chinese; may not be
    /// empty and has no control characters.
    pub file_name: String,
    /// The whole file.
    pub content: Bytes,
}

/// What a file is uploaded as. All have more than 5 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// A JPG or PNG of up to 10 MB.
    Image,
    /// An AMR recording of up to 2 MB. It may not last longer than 60 seconds, which is not checked
    /// here.
    Voice,
    /// An MP4 of up to 10 MB.
    Video,
    /// Anything of up to 20 MB.
    File,
}

/// Where an attachment is to be used. It cannot be used anywhere else (41072).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttachmentScene {
    /// A picture in 客户朋友圈: a JPG or PNG of up to 10 MB, at most 10 800 pixels long and 1080 wide
    /// (41081, not checked here).
    MomentImage,
    /// A video in 客户朋友圈: an MP4 of up to 10 MB and at most 30 seconds (41082, not checked here).
    MomentVideo,
    /// A picture in 商品图册: a JPG or PNG of up to 10 MB.
    AlbumImage,
}

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// Names it for three days.
    pub media_id: String,
    /// When it was uploaded by the platform's clock, Unix seconds.
    pub created_at: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    #[serde(deserialize_with = "lenient::text")]
    media_id: String,
    /// A number in a string from `media/upload`, a number from `media/upload_attachment`.
    #[serde(deserialize_with = "lenient::optional_integer")]
    created_at: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PictureAnswer {
    #[serde(deserialize_with = "lenient::text")]
    url: String,
}

impl Client {
    /// `POST media/upload`: a file for messages to customers and members. Takes at most
    /// [`MEDIA_TIMEOUT`].
    ///
    /// Refusals: 40004 and 40005 the kind, 40006 and 45001 the size, 40009 and 40123 a picture,
    /// 40011 a video, 44001 nothing arrived.
    pub async fn upload_media(
        &self,
        token: &AccessToken,
        kind: MediaKind,
        file: &Upload,
    ) -> Result<Uploaded, Error> {
        let (name, format, most) = match kind {
            MediaKind::Image => ("image", Format::Picture, 10 * MIB),
            MediaKind::Voice => ("voice", Format::Amr, 2 * MIB),
            MediaKind::Video => ("video", Format::Mp4, 10 * MIB),
            MediaKind::File => ("file", Format::Any, 20 * MIB),
        };
        check_file(Check { api: UPLOAD.path }, file, format, 6..=most)?;
        uploaded(&UPLOAD, self.upload(&UPLOAD, token, &[("type", name)], file, format).await?)
    }

    /// `POST media/upload_attachment`: a file for moments or the product album. Takes at most
    /// [`MEDIA_TIMEOUT`].
    ///
    /// Refusals: as of [`upload_media`](Self::upload_media); 41080 the size, 41081 the resolution,
    /// 41082 the duration, 41090 the format of a video.
    pub async fn upload_attachment(
        &self,
        token: &AccessToken,
        scene: AttachmentScene,
        file: &Upload,
    ) -> Result<Uploaded, Error> {
        let (media_type, attachment_type, format) = match scene {
            AttachmentScene::MomentImage => ("image", "1", Format::Picture),
            AttachmentScene::MomentVideo => ("video", "1", Format::Mp4),
            AttachmentScene::AlbumImage => ("image", "2", Format::Picture),
        };
        check_file(Check { api: UPLOAD_ATTACHMENT.path }, file, format, 6..=10 * MIB)?;
        let query = [("media_type", media_type), ("attachment_type", attachment_type)];
        uploaded(&UPLOAD_ATTACHMENT, self.upload(&UPLOAD_ATTACHMENT, token, &query, file, format).await?)
    }

    /// `POST media/uploadimg`: a JPG or PNG of 5 bytes to 2 MB for
    /// [`Image::PicUrl`](crate::attachment::Image). The address is good for ever, but shows the
    /// picture inside WeCom and WeChat only. At most 1000 a day and 3000 a month for the corp. Takes
    /// at most [`MEDIA_TIMEOUT`].
    ///
    /// Refusals: 40009 and 40123 the picture, 45001 its size, 45009 too many.
    pub async fn upload_picture(&self, token: &AccessToken, file: &Upload) -> Result<String, Error> {
        check_file(Check { api: UPLOAD_IMG.path }, file, Format::Picture, 5..=2 * MIB)?;
        let answer: PictureAnswer = self.upload(&UPLOAD_IMG, token, &[], file, Format::Picture).await?;
        if answer.url.is_empty() {
            return Err(unclear(&UPLOAD_IMG, "answer has no url"));
        }
        Ok(answer.url)
    }

    async fn upload<T: DeserializeOwned>(
        &self,
        api: &Api,
        token: &AccessToken,
        query: &[(&str, &str)],
        file: &Upload,
        format: Format,
    ) -> Result<T, Error> {
        let form = multipart::form(&file.file_name, format.content_type(&file.content), &file.content);
        self.post_other(api, token, query, &form.content_type, form.body).await
    }
}

fn uploaded(api: &Api, answer: Answer) -> Result<Uploaded, Error> {
    if answer.media_id.is_empty() {
        return Err(unclear(api, "answer has no media_id"));
    }
    Ok(Uploaded { media_id: answer.media_id, created_at: answer.created_at })
}

fn check_file(
    check: Check,
    file: &Upload,
    format: Format,
    allowed: std::ops::RangeInclusive<usize>,
) -> Result<(), Error> {
    check.present(format_args!("filename"), &file.file_name)?;
    if file.file_name.chars().any(char::is_control) {
        return Err(check.error(format_args!("filename"), "has control characters"));
    }
    let bytes = file.content.len();
    if !allowed.contains(&bytes) {
        let problem = format!("{bytes} bytes, not within {} to {}", allowed.start(), allowed.end());
        return Err(check.error(format_args!("media"), problem));
    }
    if format.is_of(&file.content) {
        Ok(())
    } else {
        Err(check.error(format_args!("media"), format!("is not {}", format.name())))
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Upload({} bytes)", self.content.len())
    }
}
