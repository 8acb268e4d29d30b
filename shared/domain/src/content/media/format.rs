//! Formats, by the first bytes.

use serde::{Deserialize, Serialize};

/// How many bytes are looked at where a file has no signature.
const HEAD: usize = 1024;

/// What a file is. More are told apart than are allowed: who picked the wrong file is told what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// MP4.
    Mp4,
    /// GIF.
    Gif,
    /// WebP.
    Webp,
    /// HEIC or AVIF, as phones take pictures.
    Heic,
    /// BMP or TIFF.
    Bitmap,
    /// QuickTime's MOV, as iPhones take videos.
    QuickTime,
    /// Another video: AVI, Matroska, FLV, WMV, 3GP.
    Video,
    /// Sound.
    Audio,
    /// PDF.
    Pdf,
    /// A web page.
    Html,
    /// A picture that may carry scripts.
    Svg,
    /// A program or a shortcut to one.
    Program,
    /// A script with which a system would do something.
    Script,
    /// Anything else.
    Other,
}

impl Format {
    /// Looks at the beginning of a file.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::by_signature(bytes).or_else(|| Self::by_text(bytes)).unwrap_or(Self::Other)
    }

    /// The media type under which it may be shown to browsers; whatever they could run is bytes to them.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Mp4 => "video/mp4",
            _ => "application/octet-stream",
        }
    }

    /// Would opening it do more than show it?
    pub(super) const fn is_active(self) -> bool {
        matches!(self, Self::Html | Self::Svg | Self::Program | Self::Script)
    }

    /// In English, with its article.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "a JPG",
            Self::Png => "a PNG",
            Self::Mp4 => "an MP4",
            Self::Gif => "a GIF",
            Self::Webp => "a WebP",
            Self::Heic => "a HEIC or AVIF",
            Self::Bitmap => "a BMP or TIFF",
            Self::QuickTime => "a QuickTime video",
            Self::Video => "a video of another format",
            Self::Audio => "a sound recording",
            Self::Pdf => "a PDF",
            Self::Html => "a web page (HTML)",
            Self::Svg => "an SVG",
            Self::Program => "a program",
            Self::Script => "a script",
            Self::Other => "of no known format",
        }
    }

    /// For people.
    pub(super) const fn zh(self) -> &'static str {
        match self {
            Self::Jpeg => "JPG 图片",
            Self::Png => "PNG 图片",
            Self::Mp4 => "MP4 视频",
            Self::Gif => "GIF 动图",
            Self::Webp => "WebP 图片",
            Self::Heic => "HEIC 图片（手机照片格式）",
            Self::Bitmap => "BMP 或 TIFF 图片",
            Self::QuickTime => "MOV 视频（苹果手机视频格式）",
            Self::Video => "其他格式的视频",
            Self::Audio => "音频",
            Self::Pdf => "PDF 文档",
            Self::Html => "网页（HTML）",
            Self::Svg => "SVG 矢量图",
            Self::Program => "可执行程序",
            Self::Script => "脚本",
            Self::Other => "无法识别的格式",
        }
    }

    /// A picture that only has to be saved in another format.
    pub(super) const fn is_picture(self) -> bool {
        matches!(
            self,
            Self::Jpeg | Self::Png | Self::Gif | Self::Webp | Self::Heic | Self::Bitmap | Self::Svg
        )
    }

    /// A video that only has to be saved in another format.
    pub(super) const fn is_video(self) -> bool {
        matches!(self, Self::Mp4 | Self::QuickTime | Self::Video)
    }

    fn by_signature(bytes: &[u8]) -> Option<Self> {
        Some(match bytes {
            [0xff, 0xd8, 0xff, ..] => Self::Jpeg,
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Self::Png,
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Self::Gif,
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Self::Webp,
            [b'R', b'I', b'F', b'F', _, _, _, _, b'A', b'V', b'I', b' ', ..] => Self::Video,
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Self::Audio,
            [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => Self::Bitmap,
            [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Self::Bitmap,
            [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => Self::by_brand(brand),
            [_, _, _, _, b'm', b'o', b'o', b'v', ..]
            | [_, _, _, _, b'm', b'd', b'a', b't', ..]
            | [_, _, _, _, b'w', b'i', b'd', b'e', ..] => Self::QuickTime,
            [0x1a, 0x45, 0xdf, 0xa3, ..]
            | [b'F', b'L', b'V', 1, ..]
            | [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11, ..] => Self::Video,
            [b'#', b'!', b'A', b'M', b'R', ..] | [b'I', b'D', b'3', ..] | [b'O', b'g', b'g', b'S', ..] => {
                Self::Audio
            }
            [b'%', b'P', b'D', b'F', b'-', ..] => Self::Pdf,
            [0x7f, b'E', b'L', b'F', ..]
            | [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..]
            | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..]
            | [0xca, 0xfe, 0xba, 0xbe, ..] => Self::Program,
            // Android's
            [b'd', b'e', b'x', b'\n', ..] => Self::Program,
            // a Windows shortcut
            [0x4c, 0, 0, 0, 1, 0x14, 2, 0, ..] => Self::Program,
            // a text may begin with these letters, but has no zeros in it
            [b'M', b'Z', rest @ ..] if rest.iter().take(62).any(|byte| *byte == 0) => Self::Program,
            _ => return None,
        })
    }

    /// What a file of boxes is, by the major brand behind `ftyp`.
    fn by_brand(brand: &[u8]) -> Self {
        match brand {
            [b'q', b't', b' ', b' ', ..] => Self::QuickTime,
            [b'h', b'e', b'i' | b'v', ..] | [b'm', b'i' | b's', b'f', b'1', ..] | [b'a', b'v', b'i', ..] => {
                Self::Heic
            }
            [b'M', b'4', b'A' | b'B' | b'P', ..] => Self::Audio,
            [b'3', b'g', ..] => Self::Video,
            _ => Self::Mp4,
        }
    }

    /// Pages and scripts have no signature: they are told as browsers and systems tell them, by how the text begins
    /// (WHATWG MIME Sniffing, "identifying a resource with an unknown MIME type", <https://mimesniff.spec.whatwg.org>).
    fn by_text(bytes: &[u8]) -> Option<Self> {
        const TAGS: [&str; 16] = [
            "<!doctype html",
            "<html",
            "<head",
            "<script",
            "<iframe",
            "<h1",
            "<div",
            "<font",
            "<table",
            "<a",
            "<style",
            "<title",
            "<b",
            "<body",
            "<br",
            "<p",
        ];
        let text = beginning(bytes);
        let begins = |tag: &str| {
            let behind = text.strip_prefix(tag).and_then(|rest| rest.chars().next());
            behind.is_some_and(|c| c.is_ascii_whitespace() || c == '>' || c == '/')
        };
        if begins("<svg") {
            return Some(Self::Svg);
        }
        if text.starts_with("<!--") || TAGS.iter().any(|tag| begins(tag)) {
            return Some(if text.contains("<svg") && !text.contains("<html") {
                Self::Svg
            } else {
                Self::Html
            });
        }
        if text.starts_with("<?xml") || text.starts_with("<!doctype svg") {
            let holds = |tag: &str| text.contains(tag);
            let html = holds("<html").then_some(Self::Html);
            return html.or_else(|| holds("svg").then_some(Self::Svg));
        }
        let script = text.starts_with("#!") || text.starts_with("<?php") || text.starts_with("@echo off");
        script.then_some(Self::Script)
    }
}

/// The beginning of a file as text in lower case: without byte order mark, zeros (of UTF-16) and blanks before it.
fn beginning(bytes: &[u8]) -> String {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let head = [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff"]
        .iter()
        .find_map(|mark| head.strip_prefix(*mark))
        .unwrap_or(head);
    let letters: Vec<u8> = head.iter().copied().filter(|byte| *byte != 0).collect();
    String::from_utf8_lossy(&letters).trim_start().to_ascii_lowercase()
}
