//! What the doctor says of one check.

use std::fmt;

use serde::{Serialize, Serializer};

/// What is looked at. The names are kept stable: scripts may wait for one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Our settings can be read.
    Settings,
    /// Corp id and secret: WeCom gives an access token for them.
    Secret,
    /// WeCom lets the app be called from our address (企业可信IP).
    TrustedIp,
    /// The app may call the APIs of customer contact (可调用接口的应用).
    CustomerContact,
    /// The staff that Stepwise knows may have customers.
    StaffLicences,
    /// Members that the app sees, with and without licence.
    VisibleRange,
    /// The callback address answers WeCom's verification.
    CallbackUrl,
    /// WeCom has called it.
    CallbackUse,
    /// The tag groups of boards are there.
    TagGroups,
    /// The tags of stages are there.
    StageTags,
    /// There is room for more tags.
    TagCount,
    /// Which tags the app may rename and delete.
    TagRights,
    /// No greeting of the admin console swallows the welcome codes.
    ConsoleWelcome,
    /// How many mass messages a customer may get.
    MassRule,
}

impl Check {
    /// All checks, in the order in which they are made.
    pub const ALL: [Self; 14] = [
        Self::Settings,
        Self::Secret,
        Self::TrustedIp,
        Self::CustomerContact,
        Self::StaffLicences,
        Self::VisibleRange,
        Self::CallbackUrl,
        Self::CallbackUse,
        Self::TagGroups,
        Self::StageTags,
        Self::TagCount,
        Self::TagRights,
        Self::ConsoleWelcome,
        Self::MassRule,
    ];

    /// Its stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Secret => "secret",
            Self::TrustedIp => "trusted_ip",
            Self::CustomerContact => "customer_contact",
            Self::StaffLicences => "staff_licences",
            Self::VisibleRange => "visible_range",
            Self::CallbackUrl => "callback_url",
            Self::CallbackUse => "callback_use",
            Self::TagGroups => "tag_groups",
            Self::StageTags => "stage_tags",
            Self::TagCount => "tag_count",
            Self::TagRights => "tag_rights",
            Self::ConsoleWelcome => "console_welcome",
            Self::MassRule => "mass_rule",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It works, and somebody should look at it.
    Warning,
    /// Something that Stepwise needs does not work.
    Problem,
    /// Nobody can tell from here: WeCom does not say, or an earlier check has to be mended first.
    Unknown,
}

/// The same in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Chinese.
    pub zh: String,
    /// English; names of pages of the admin console stay Chinese.
    pub en: String,
}

/// Both languages side by side.
pub fn words(zh: impl Into<String>, en: impl Into<String>) -> Words {
    Words { zh: zh.into(), en: en.into() }
}

impl Words {
    /// Both, one after the other.
    pub(super) fn and(&self, more: &Self) -> Self {
        words(format!("{}；{}", self.zh, more.zh), format!("{}; {}", self.en, more.en))
    }
}

/// What was found at one check, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which check.
    pub check: Check,
    /// How it stands.
    pub verdict: Verdict,
    /// What was found, in Chinese.
    pub zh: String,
    /// What was found, in English.
    pub en: String,
    /// What to do about it, in Chinese; always there unless the verdict is `Ok`.
    pub mend_zh: Option<String>,
    /// The same in English.
    pub mend_en: Option<String>,
    /// For whoever looks closer: codes, hints, addresses, ids of staff. Never a secret, nothing of customers.
    pub detail: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: Check, found: Words) -> Self {
        Self::new(check, Verdict::Ok, found, None)
    }

    pub(super) fn warning(check: Check, found: Words, mend: Words) -> Self {
        Self::new(check, Verdict::Warning, found, Some(mend))
    }

    pub(super) fn problem(check: Check, found: Words, mend: Words) -> Self {
        Self::new(check, Verdict::Problem, found, Some(mend))
    }

    pub(super) fn unknown(check: Check, found: Words, mend: Words) -> Self {
        Self::new(check, Verdict::Unknown, found, Some(mend))
    }

    pub(super) fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    fn new(check: Check, verdict: Verdict, found: Words, mend: Option<Words>) -> Self {
        let (mend_zh, mend_en) = mend.map(|mend| (mend.zh, mend.en)).unzip();
        Self { check, verdict, zh: found.zh, en: found.en, mend_zh, mend_en, detail: None }
    }
}

/// How many of a list are named.
const NAMED: usize = 10;

/// `a, b, c` or `a, b, … (+12)`: the same in both languages.
pub(super) fn listed<T: fmt::Display>(all: impl IntoIterator<Item = T>) -> String {
    let all: Vec<String> = all.into_iter().map(|one| one.to_string()).collect();
    let named = all[..all.len().min(NAMED)].join(", ");
    match all.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named}, … (+{more})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_names_the_first_and_counts_the_rest() {
        assert_eq!(listed(["a", "b"]), "a, b");
        assert_eq!(listed(1..=12), "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, … (+2)");
    }

    #[test]
    fn every_check_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<&str> = Check::ALL.iter().map(|check| check.name()).collect();
        assert_eq!(names.len(), Check::ALL.len());
        assert!(Check::ALL.is_sorted());
    }
}
