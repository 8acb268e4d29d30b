//! What a file is, by its first bytes: the platform looks at them too, and its refusal comes only
//! after the whole file has travelled.

/// What a file has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// JPG or PNG.
    Picture,
    /// AMR, narrow band.
    Amr,
    /// MP4.
    Mp4,
    /// Anything.
    Any,
}

const JPG: &[u8] = b"\xff\xd8\xff";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const AMR: &[u8] = b"#!AMR\n";

impl Format {
    pub(super) fn is_of(self, content: &[u8]) -> bool {
        match self {
            Format::Picture => content.starts_with(JPG) || content.starts_with(PNG),
            Format::Amr => content.starts_with(AMR),
            Format::Mp4 => is_mp4(content),
            Format::Any => true,
        }
    }

    /// For an error message: "is not …".
    pub(super) fn name(self) -> &'static str {
        match self {
            Format::Picture => "a JPG or PNG",
            Format::Amr => "an AMR",
            Format::Mp4 => "an MP4",
            Format::Any => "a file",
        }
    }

    /// The media type of content that is of this format.
    pub(super) fn content_type(self, content: &[u8]) -> &'static str {
        match self {
            Format::Picture if content.starts_with(PNG) => "image/png",
            Format::Picture => "image/jpeg",
            Format::Amr => "audio/amr",
            Format::Mp4 => "video/mp4",
            Format::Any => "application/octet-stream",
        }
    }
}

/// An MP4 begins with a box of type `ftyp`; QuickTime's own brand is no MP4.
fn is_mp4(content: &[u8]) -> bool {
    content.get(4..8) == Some(b"ftyp") && content.get(8..12).is_some_and(|brand| brand != b"qt  ")
}
