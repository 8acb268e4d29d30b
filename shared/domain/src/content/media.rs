//! What an uploaded file is, by its bytes: never by its name, nor by what the browser called it.
//!
//! Nothing is decoded. Sizes of pictures stand in their headers, so one that would fill the memory of a phone is
//! refused without unpacking it; the structure is walked to its end, so one that was cut short is refused too; what is
//! compressed is measured without being kept.

mod format;
mod inflate;
mod jpeg;
mod mp4;
mod png;
mod problem;

use serde::{Deserialize, Serialize};

pub use format::Format;
pub use problem::{Damage, MediaProblem};

const MIB: usize = 1024 * 1024;

/// The longest side of a picture, in pixels: WeCom's limit of moments, for everything.
pub const MAX_SIDE: u32 = 10_800;
/// The largest picture, in pixels: 400 MB once it is unpacked, twice as much with 16 bits a channel.
pub const MAX_PIXELS: u64 = 100_000_000;
/// The cover of a mini-program card as WeCom documents it, in pixels.
pub const MINI_COVER: Pixels = Pixels { width: 520, height: 416 };

/// What a file is to be used as. Sizes are those of `media/upload` and, for the cover of a link, of `media/uploadimg`
/// (上传临时素材, <https://developer.work.weixin.qq.com/document/path/90253>; 上传图片,
/// <https://developer.work.weixin.qq.com/document/path/90256>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A JPG or PNG of up to 10 MB.
    Image,
    /// An MP4 of up to 10 MB.
    Video,
    /// Anything of up to 20 MB but programs, scripts and web pages.
    File,
    /// The cover of a mini-program card: a JPG or PNG of up to 2 MB, [`MINI_COVER`] or larger in the same shape. The
    /// 2 MB are ours: it is shown as large as a thumb, and every welcome may have to carry it again.
    MiniCover,
    /// The cover of a link card: a JPG or PNG of up to 2 MB.
    LinkCover,
}

impl MediaKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Image, Self::Video, Self::File, Self::MiniCover, Self::LinkCover];

    /// The fewest bytes.
    #[must_use]
    pub const fn least(self) -> usize {
        match self {
            Self::LinkCover => 5,
            Self::Image | Self::Video | Self::File | Self::MiniCover => 6,
        }
    }

    /// The most bytes.
    #[must_use]
    pub const fn most(self) -> usize {
        match self {
            Self::MiniCover | Self::LinkCover => 2 * MIB,
            Self::Image | Self::Video => 10 * MIB,
            Self::File => 20 * MIB,
        }
    }

    const fn takes(self, format: Format) -> bool {
        match self {
            Self::Image | Self::MiniCover | Self::LinkCover => matches!(format, Format::Jpeg | Format::Png),
            Self::Video => matches!(format, Format::Mp4),
            Self::File => !format.is_active(),
        }
    }
}

/// Width and height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pixels {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

impl Pixels {
    const fn area(self) -> u64 {
        // Two 32-bit numbers: their product fits.
        self.width as u64 * self.height as u64
    }

    const fn is_too_large(self) -> bool {
        self.width > MAX_SIDE || self.height > MAX_SIDE || self.area() > MAX_PIXELS
    }

    /// At least as large as [`MINI_COVER`], and 5 to 4 as exactly as whole pixels allow.
    const fn suits_mini_program(self) -> bool {
        let apart = (self.width as u64 * 4).abs_diff(self.height as u64 * 5);
        self.width >= MINI_COVER.width && self.height >= MINI_COVER.height && apart <= 2
    }
}

/// What is known of a file once its bytes have been looked at. It is kept with the file, so that every later use can be
/// judged without them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspected {
    /// What it is.
    pub format: Format,
    /// How large it is, if it is a sound JPG or PNG.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pixels: Option<Pixels>,
    /// How it is broken, if it is a JPG, PNG or MP4 that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damage: Option<Damage>,
    /// How many bytes it has.
    pub bytes: usize,
}

impl Inspected {
    /// Looks at a file.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let format = Format::of(bytes);
        let pixels = match format {
            Format::Jpeg => jpeg::pixels(bytes).map(Some),
            Format::Png => png::pixels(bytes).map(Some),
            Format::Mp4 => mp4::check(bytes).map(|()| None),
            _ => Ok(None),
        };
        let damage = pixels.err();
        Self { format, pixels: pixels.unwrap_or_default(), damage, bytes: bytes.len() }
    }

    /// Judges the file for a use.
    ///
    /// # Errors
    /// The first thing that is wrong: that it is empty, something else, too large, broken, of the wrong shape.
    pub fn suits(&self, kind: MediaKind) -> Result<(), MediaProblem> {
        let Self { format, bytes, .. } = *self;
        if bytes < kind.least() {
            return Err(MediaProblem::TooSmall { kind, bytes });
        }
        if !kind.takes(format) {
            return Err(MediaProblem::wrong(kind, format));
        }
        if bytes > kind.most() {
            return Err(MediaProblem::TooLarge { kind, bytes });
        }
        // As a file it goes as it is.
        if kind == MediaKind::File {
            return Ok(());
        }
        match (self.damage, self.pixels) {
            (Some(damage), _) => Err(MediaProblem::Damaged { format, damage }),
            (None, Some(pixels)) => check_pixels(pixels, kind),
            (None, None) => Ok(()),
        }
    }
}

/// Looks at the bytes of a file that is to be used as `claimed`, and judges them.
///
/// # Errors
/// As [`Inspected::suits`].
pub fn inspect(bytes: &[u8], claimed: MediaKind) -> Result<Inspected, MediaProblem> {
    let inspected = Inspected::of(bytes);
    inspected.suits(claimed).map(|()| inspected)
}

fn check_pixels(pixels: Pixels, kind: MediaKind) -> Result<(), MediaProblem> {
    if pixels.is_too_large() {
        return Err(MediaProblem::TooManyPixels { kind, pixels });
    }
    if kind == MediaKind::MiniCover && !pixels.suits_mini_program() {
        return Err(MediaProblem::CoverShape { pixels });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
