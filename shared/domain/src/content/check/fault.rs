//! What can be wrong with a content, in words.

use std::fmt;

use super::{AddressFault, NameFault};
use crate::{
    content::{Field, MAX_ATTACHMENTS, MAX_HEADER_BYTES, MAX_TAGS, MAX_VISIBILITY, media::MediaProblem},
    sop::TextProblem,
};

/// What is wrong. `Display` is for developers, [`zh`](Fault::zh) for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The id is none.
    Id,
    /// The id means something else already.
    Reserved,
    /// Nothing is there.
    Empty {
        /// Where.
        field: Field,
    },
    /// There is too much of it.
    TooLong {
        /// Where.
        field: Field,
        /// How long it is, as the field counts.
        length: usize,
    },
    /// It fits as it is written, and not with the longest names.
    TooLongWithNames {
        /// Its bytes with the longest names.
        length: usize,
    },
    /// A variable is wrong.
    Variable(TextProblem),
    /// A variable stands where none is filled in.
    VariableHere {
        /// Where.
        field: Field,
    },
    /// Nothing is left of it for whoever has no name.
    OnlyVariables,
    /// The address cannot be sent.
    Address(AddressFault),
    /// The id of a mini-program is none.
    AppId,
    /// The page of a mini-program is none.
    Page,
    /// The file cannot be called so.
    Name(NameFault),
    /// The file was never uploaded here, or not completely.
    NoMedia,
    /// The file cannot be used.
    Media(MediaProblem),
    /// It says nothing.
    NoParts,
    /// It has more parts than WeCom sends.
    TooManyParts {
        /// How many, the text not counted.
        count: usize,
    },
    /// A second text, or one behind something else.
    TextNotFirst,
    /// More words to find it by than are of use.
    TooManyTags {
        /// How many.
        count: usize,
    },
    /// More departments and projects than are of use.
    TooManyVisible {
        /// How many.
        count: usize,
    },
    /// Title, tags and visibility are more than every decision can read.
    TooMuchSaid {
        /// Their bytes.
        bytes: usize,
    },
}

impl Fault {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Id | Self::Reserved => "bad_id",
            Self::Empty { .. } | Self::NoParts | Self::OnlyVariables => "empty",
            Self::TooLong { .. } | Self::TooLongWithNames { .. } => "too_long",
            Self::Variable(_) | Self::VariableHere { .. } => "bad_variable",
            Self::Address(_) => "bad_address",
            Self::AppId => "bad_appid",
            Self::Page => "bad_page",
            Self::Name(_) => "bad_file_name",
            Self::NoMedia => "unknown_media",
            Self::Media(problem) => problem.code(),
            Self::TooManyParts { .. }
            | Self::TooManyTags { .. }
            | Self::TooManyVisible { .. }
            | Self::TooMuchSaid { .. } => "too_many",
            Self::TextNotFirst => "text_not_first",
        }
    }

    /// What is wrong, with the figures, and what to do about it.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Id => "标识只能用小写字母、数字、“-”和“_”，最多 40 个字符，请修改".into(),
            Self::Reserved => "这个标识是保留的，请换一个".into(),
            Self::Empty { field } => format!("{}不能为空，请填写", field.zh()),
            Self::TooLong { field, length } => too_long_zh(*field, *length),
            Self::TooLongWithNames { length } => {
                let (most, over) = (Field::Text.most(), surplus(*length, Field::Text.most()));
                format!("填入最长的姓名后文字可达 {length} 字节，超过 {most} 字节，请删去约 {over} 个汉字")
            }
            Self::Variable(TextProblem::Open) => "变量以“{{”开头但没有“}}”，请补上".into(),
            Self::Variable(TextProblem::Unknown(name)) => {
                format!("没有变量“{name}”，请改用 customer.name（客户昵称）或 staff.name（成员姓名）")
            }
            Self::VariableHere { field } => format!("{}里不能用变量，请把变量写在文字里", field.zh()),
            Self::OnlyVariables => {
                "客户没有昵称时这段文字是空的，请加上文字，或写备用词：{{customer.name|您好}}".into()
            }
            Self::Address(fault) => address_zh(*fault).into(),
            Self::AppId => "小程序 AppID 应为 wx 加 16 位数字或小写字母 a–f，请到小程序后台复制".into(),
            Self::Page => "小程序页面路径里有空格、中文或特殊字符，请到小程序后台复制".into(),
            Self::Name(fault) => name_zh(*fault).into(),
            Self::NoMedia => "文件没有上传成功，请重新上传".into(),
            Self::Media(problem) => problem.zh(),
            Self::NoParts => "内容是空的，请至少添加一条".into(),
            Self::TooManyParts { count } => {
                format!("除文字外有 {count} 条，最多 {MAX_ATTACHMENTS} 条，请删减或拆成多个内容")
            }
            Self::TextNotFirst => "文字只能有一条，并且排在最前面，请合并或调整顺序".into(),
            Self::TooManyTags { count } => format!("有 {count} 个标签，最多 {MAX_TAGS} 个，请删减"),
            Self::TooManyVisible { count } => {
                format!("可见范围选了 {count} 个部门和项目，最多 {MAX_VISIBILITY} 个，请改选上级部门")
            }
            Self::TooMuchSaid { bytes } => format!(
                "标题、标签和可见范围共 {bytes} 字节，最多 {MAX_HEADER_BYTES} 字节，请删减标签，或改选上级部门、减少项目"
            ),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id => f.write_str("this is no id: 1 to 40 of a-z, 0-9, - and _"),
            Self::Reserved => f.write_str("this id is an address of its own; take another one"),
            Self::Empty { .. } | Self::NoParts => f.write_str("nothing is in it"),
            Self::TooLong { field, length } => {
                let unit = if field.counts_characters() { "characters" } else { "bytes" };
                write!(f, "{length} {unit}, at most {}", field.most())
            }
            Self::TooLongWithNames { length } => {
                write!(f, "{length} bytes with the longest names, at most {}", Field::Text.most())
            }
            Self::Variable(problem) => problem.fmt(f),
            Self::VariableHere { .. } => f.write_str("variables are filled in in texts only"),
            Self::OnlyVariables => f.write_str("without a name nothing is left of it: give a fallback"),
            Self::Address(AddressFault::Scheme) => f.write_str("an address begins with http:// or https://"),
            Self::Address(AddressFault::Characters) => f.write_str(
                "an address has no blanks, quotes, backslashes or characters beyond ASCII: escape them",
            ),
            Self::Address(AddressFault::Host) => f.write_str("the address has no domain"),
            Self::Address(AddressFault::User) => f.write_str("an address has no user before its domain"),
            Self::AppId => f.write_str("this is no appid: wx and 16 digits of lower-case hex"),
            Self::Page => f.write_str("a page has no blanks and no characters beyond ASCII"),
            Self::Name(NameFault::Ending) => f.write_str("the name has no ending"),
            Self::Name(NameFault::Characters) => f.write_str("the name has characters that no file name has"),
            Self::Name(NameFault::Active) => f.write_str("programs, scripts and web pages are not sent"),
            Self::NoMedia => f.write_str("no such file was uploaded"),
            Self::Media(problem) => problem.fmt(f),
            Self::TooManyParts { count } => {
                write!(f, "{count} parts besides the text, at most {MAX_ATTACHMENTS}")
            }
            Self::TextNotFirst => f.write_str("there is one text at most, and it comes first"),
            Self::TooManyTags { count } => write!(f, "{count} tags, at most {MAX_TAGS}"),
            Self::TooManyVisible { count } => {
                write!(f, "{count} departments and projects, at most {MAX_VISIBILITY}")
            }
            Self::TooMuchSaid { bytes } => {
                write!(f, "title, tags and visibility have {bytes} bytes, at most {MAX_HEADER_BYTES}")
            }
        }
    }
}

fn too_long_zh(field: Field, length: usize) -> String {
    let (name, most) = (field.zh(), field.most());
    if field.counts_characters() {
        return format!("{name}有 {length} 个字，最多 {most} 个字，请删去 {} 个字", length - most);
    }
    match field {
        Field::LinkUrl | Field::MiniPage => {
            format!("{name}有 {length} 字节，最多 {most} 字节，请换一个短一些的")
        }
        _ => {
            let over = surplus(length, most);
            format!("{name}有 {length} 字节，最多 {most} 字节（一个汉字 3 字节），请删去约 {over} 个汉字")
        }
    }
}

/// How many Chinese characters are too many.
fn surplus(length: usize, most: usize) -> usize {
    length.saturating_sub(most).div_ceil(3)
}

const fn address_zh(fault: AddressFault) -> &'static str {
    match fault {
        AddressFault::Scheme => "链接地址要以 http:// 或 https:// 开头，请从浏览器地址栏复制完整地址",
        AddressFault::Characters => "链接地址里有空格、中文或特殊字符，请从浏览器地址栏复制",
        AddressFault::Host => "链接地址里没有域名或域名不正确，请从浏览器地址栏复制完整地址",
        AddressFault::User => "链接地址的域名前不能有“@”，请从浏览器地址栏复制",
    }
}

const fn name_zh(fault: NameFault) -> &'static str {
    match fault {
        NameFault::Ending => "文件名没有后缀，客户无法打开，请补上，例如“.pdf”",
        NameFault::Characters => "文件名里有不能使用的字符，请只用文字、数字和“-”“_”",
        NameFault::Active => "不能发送程序、脚本或网页文件，请换成文档、图片或视频",
    }
}

#[cfg(test)]
mod tests;
