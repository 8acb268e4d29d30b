//! What is wrong with a file, and how to mend it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Format, MAX_PIXELS, MAX_SIDE, MIB, MINI_COVER, MediaKind, Pixels};

/// Why a file cannot be used. `Display` is for developers, [`zh`](MediaProblem::zh) for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaProblem {
    /// Nothing or next to nothing is in it.
    TooSmall {
        /// What it was to be.
        kind: MediaKind,
        /// Its bytes.
        bytes: usize,
    },
    /// It has more bytes than WeCom takes.
    TooLarge {
        /// What it was to be.
        kind: MediaKind,
        /// Its bytes.
        bytes: usize,
    },
    /// It is something else.
    WrongFormat {
        /// What it was to be.
        kind: MediaKind,
        /// What it is.
        found: Format,
    },
    /// It is something that nobody should get from us: a program, a script, a web page.
    NotAllowed {
        /// What it is.
        found: Format,
    },
    /// It begins like one, but is not whole.
    Damaged {
        /// What it begins like.
        format: Format,
        /// What is the matter.
        damage: Damage,
    },
    /// It has more pixels than can be shown.
    TooManyPixels {
        /// What it was to be.
        kind: MediaKind,
        /// Its size.
        pixels: Pixels,
    },
    /// A cover that mini-program cards do not show whole.
    CoverShape {
        /// Its size.
        pixels: Pixels,
    },
}

/// How a picture or a video is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Damage {
    /// It ends too early.
    CutShort,
    /// Its structure makes no sense.
    Header,
    /// Nothing to show is in it.
    NoPicture,
    /// It is written in a way that phones cannot read.
    Coding,
    /// It unpacks to far more than a picture of its size has.
    Swollen,
}

impl MediaProblem {
    /// A file of the wrong format: for files these are the ones that are not allowed.
    pub(super) const fn wrong(kind: MediaKind, found: Format) -> Self {
        match kind {
            MediaKind::File => Self::NotAllowed { found },
            _ => Self::WrongFormat { kind, found },
        }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooSmall { .. } => "media_too_small",
            Self::TooLarge { .. } => "media_too_large",
            Self::WrongFormat { .. } => "media_wrong_format",
            Self::NotAllowed { .. } => "media_not_allowed",
            Self::Damaged { .. } => "media_damaged",
            Self::TooManyPixels { .. } => "media_too_many_pixels",
            Self::CoverShape { .. } => "media_cover_shape",
        }
    }

    /// What is wrong, with the figures, and what to do about it.
    #[must_use]
    pub fn zh(&self) -> String {
        match *self {
            Self::TooSmall { kind, bytes } => {
                format!("{}只有 {bytes} 字节，是空文件或没有传完，请重新上传", kind_zh(kind))
            }
            Self::TooLarge { kind, bytes } => {
                let (size, most) = (megabytes(bytes), megabytes(kind.most()));
                let mend = match kind {
                    MediaKind::Video => "请压缩或剪短后重新上传",
                    MediaKind::File => "请压缩或拆分后重新上传",
                    _ => "请压缩后重新上传",
                };
                format!("{} {size} MB，超过 {most} MB，{mend}", kind_zh(kind))
            }
            Self::WrongFormat { kind, found } => wrong_format_zh(kind, found),
            Self::NotAllowed { found } => {
                format!("{}，不能发给客户，请改用文档、图片或视频", is_zh(found))
            }
            Self::Damaged { format, damage } => {
                let what = match damage {
                    Damage::CutShort => "不完整，可能没有传完",
                    Damage::Header => "已损坏",
                    Damage::NoPicture => "里没有画面",
                    Damage::Coding => "用了手机无法显示的编码方式",
                    Damage::Swollen => "解压后的数据远远超过画面所需",
                };
                format!("{}{what}，请重新导出后上传", format.zh())
            }
            Self::TooManyPixels { kind, pixels } => {
                format!("{}为 {pixels} 像素，{}，请缩小后重新上传", kind_zh(kind), too_many_zh(pixels))
            }
            Self::CoverShape { pixels } => {
                format!("小程序封面为 {pixels} 像素，需要 {MINI_COVER} 或更大的 5:4 图片，请裁剪后重新上传")
            }
        }
    }
}

impl fmt::Display for MediaProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooSmall { kind, bytes } => write!(f, "{bytes} bytes, at least {}", kind.least()),
            Self::TooLarge { kind, bytes } => write!(f, "{bytes} bytes, at most {}", kind.most()),
            Self::WrongFormat { kind, found } => {
                let wanted = if kind == MediaKind::Video { "an MP4" } else { "a JPG or PNG" };
                write!(f, "the file is {}, not {wanted}", found.name())
            }
            Self::NotAllowed { found } => write!(f, "the file is {}: these are not sent", found.name()),
            Self::Damaged { format, damage } => {
                let what = match damage {
                    Damage::CutShort => "ends too early",
                    Damage::Header => "is damaged",
                    Damage::NoPicture => "has nothing to show in it",
                    Damage::Coding => "is coded in a way that phones cannot read",
                    Damage::Swollen => "unpacks to far more than a picture of its size has",
                };
                write!(f, "the file begins like {} and {what}", format.name())
            }
            Self::TooManyPixels { pixels, .. } => {
                write!(f, "{pixels} pixels, at most {MAX_SIDE} on a side and {MAX_PIXELS} in all")
            }
            Self::CoverShape { pixels } => {
                write!(f, "{pixels} pixels, a cover has {MINI_COVER} or more of the same shape (5:4)")
            }
        }
    }
}

impl std::error::Error for MediaProblem {}

impl fmt::Display for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}×{}", self.width, self.height)
    }
}

const fn kind_zh(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "图片",
        MediaKind::Video => "视频",
        MediaKind::File => "文件",
        MediaKind::MiniCover => "小程序封面",
        MediaKind::LinkCover => "链接封面",
    }
}

fn wrong_format_zh(kind: MediaKind, found: Format) -> String {
    let (format, noun, convertible) = match kind {
        MediaKind::Video => ("MP4", "视频", found.is_video()),
        _ => ("JPG 或 PNG", "图片", found.is_picture()),
    };
    let mend = match convertible {
        true => format!("请转换为 {format} 后重新上传"),
        false => format!("请选择 {format} {noun}"),
    };
    format!("{}，不是 {format} {noun}，{mend}", is_zh(found))
}

/// What a file is, with a blank before a foreign word.
fn is_zh(found: Format) -> String {
    let name = found.zh();
    let blank = if name.starts_with(|c: char| c.is_ascii()) { " " } else { "" };
    format!("这个文件是{blank}{name}")
}

fn too_many_zh(pixels: Pixels) -> String {
    if pixels.width.max(pixels.height) > MAX_SIDE {
        return format!("单边最多 {MAX_SIDE} 像素");
    }
    // In hundredths of 亿, up: what is too much never looks like enough.
    let hundredths = pixels.area().div_ceil(1_000_000);
    format!("共 {}.{:02} 亿像素，最多 1 亿", hundredths / 100, hundredths % 100)
}

/// In tenths of a megabyte, up: what is too much never looks like enough.
fn megabytes(bytes: usize) -> String {
    let tenths = (bytes as u64).saturating_mul(10).div_ceil(MIB as u64);
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        tenth => format!("{}.{tenth}", tenths / 10),
    }
}
