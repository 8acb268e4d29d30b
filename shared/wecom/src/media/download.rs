//! `media/get`.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header};

use super::MEDIA_TIMEOUT;
use crate::client::{Api, Client, Effect, unclear};
use crate::limits::Check;
use crate::{AccessToken, Error};

const GET: Api = Api { path: "media/get", effect: Effect::Reads, timeout: MEDIA_TIMEOUT };

/// The largest file, in bytes, that the platform gives without a range.
pub const MAX_WHOLE_DOWNLOAD_BYTES: u64 = 20 * 1024 * 1024;

/// Part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    /// The first byte, counted from 0.
    pub first: u64,
    /// The last byte, not before the first; it may be beyond the end of the file.
    pub last: u64,
}

/// A file, or the part of it that was asked for. `Debug` shows sizes only.
#[derive(Clone, PartialEq, Eq)]
pub struct Download {
    /// The bytes.
    pub content: Bytes,
    /// Where they begin in the file. It is 0 where the platform answered with the whole file although
    /// a part was asked for.
    pub first: u64,
    /// Size of the whole file, as far as the platform says it.
    pub total: Option<u64>,
    /// The media type that the platform gives it.
    pub content_type: Option<String>,
    /// The name that the platform gives it.
    pub file_name: Option<String>,
}

impl Client {
    /// `GET media/get`: an uploaded file, or what a member sent to the app. Files of more than 20 MB
    /// come only in parts ([`MAX_WHOLE_DOWNLOAD_BYTES`]). Takes at most [`MEDIA_TIMEOUT`].
    ///
    /// Refusals: 40007 the id is unknown or older than three days; HTTP status 416 (turned away) the
    /// range begins beyond the end.
    pub async fn download_media(
        &self,
        token: &AccessToken,
        media_id: &str,
        range: Option<ByteRange>,
    ) -> Result<Download, Error> {
        let check = Check { api: GET.path };
        check.present(format_args!("media_id"), media_id)?;
        if range.is_some_and(|range| range.last < range.first) {
            return Err(check.error(format_args!("range"), "ends before it begins"));
        }
        let header = range.map(|range| format!("bytes={}-{}", range.first, range.last));
        let response = self.get_file(&GET, token, &[("media_id", media_id)], header.as_deref()).await?;
        let (first, total) = place(&response, range)?;
        let (head, content) = response.into_parts();
        let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Download {
            content,
            first,
            total,
            content_type: text(header::CONTENT_TYPE),
            file_name: file_name(&head.headers),
        })
    }
}

/// Where the bytes of an answer begin, and how many the whole file has.
fn place(response: &Response<Bytes>, asked: Option<ByteRange>) -> Result<(u64, Option<u64>), Error> {
    if response.status() != StatusCode::PARTIAL_CONTENT {
        return Ok((0, u64::try_from(response.body().len()).ok()));
    }
    let told = response.headers().get(header::CONTENT_RANGE).and_then(|value| value.to_str().ok());
    match (told.and_then(content_range), asked) {
        (Some((first, total)), Some(asked)) if first == asked.first => Ok((first, total)),
        _ => Err(unclear(&GET, "answer is not the part that was asked for")),
    }
}

/// `bytes 0-99/1234` or `bytes 0-99/*`: the first byte and the size of the whole.
fn content_range(value: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = range.split_once('-')?;
    Some((first.trim().parse().ok()?, total.trim().parse().ok()))
}

/// The name in `attachment; filename="…"`. Chinese names come as bare UTF-8.
fn file_name(headers: &HeaderMap) -> Option<String> {
    let value = std::str::from_utf8(headers.get(header::CONTENT_DISPOSITION)?.as_bytes()).ok()?;
    let (_, name) = value.split_once("filename=")?;
    let name = match name.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or_default(),
        None => name.split(';').next().unwrap_or_default().trim(),
    };
    Some(name.to_owned()).filter(|name| !name.is_empty())
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("bytes", &self.content.len())
            .field("first", &self.first)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}
