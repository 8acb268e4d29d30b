//! The table of lengths: what WeCom takes, and what we do.

/// A text of a content. Lengths are those of 发送新客户欢迎语
/// (<https://developer.work.weixin.qq.com/document/path/92137>) and 创建企业群发 (…/92135), in bytes of UTF-8, unless it
/// is said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The name in our own lists; characters.
    Title,
    /// A word to find it by; characters.
    Tag,
    /// A project that may use it; characters.
    Project,
    /// What changed with a version; characters, and may be missing.
    Note,
    /// A message.
    Text,
    /// The title of a link card.
    LinkTitle,
    /// What stands below it; may be missing.
    LinkDesc,
    /// Where it leads.
    LinkUrl,
    /// The title of a mini-program card.
    MiniTitle,
    /// The page it opens; WeChat's limit of a path.
    MiniPage,
    /// The name of a file; that of `media/upload_by_url`.
    FileName,
}

impl Field {
    /// The most bytes or characters.
    #[must_use]
    pub const fn most(self) -> usize {
        match self {
            Self::Title | Self::Project => 60,
            Self::Note => 200,
            Self::Tag => 20,
            Self::Text => 4000,
            Self::LinkTitle | Self::FileName => 128,
            Self::LinkDesc => 512,
            Self::LinkUrl => 2048,
            Self::MiniTitle => 64,
            Self::MiniPage => 1024,
        }
    }

    /// Are its characters counted, and not its bytes?
    pub(super) const fn counts_characters(self) -> bool {
        matches!(self, Self::Title | Self::Tag | Self::Project | Self::Note)
    }

    /// How long a text is, as this field counts.
    pub(super) fn length(self, text: &str) -> usize {
        if self.counts_characters() { text.chars().count() } else { text.len() }
    }

    /// Its name for people.
    pub(super) const fn zh(self) -> &'static str {
        match self {
            Self::Title => "内容标题",
            Self::Tag => "标签",
            Self::Project => "项目名称",
            Self::Note => "版本说明",
            Self::Text => "文字",
            Self::LinkTitle => "链接标题",
            Self::LinkDesc => "链接描述",
            Self::LinkUrl => "链接地址",
            Self::MiniTitle => "小程序标题",
            Self::MiniPage => "小程序页面路径",
            Self::FileName => "文件名",
        }
    }
}
