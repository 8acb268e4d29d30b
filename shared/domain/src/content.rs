//! Contents: what is kept once and sent often.
//!
//! A [`Content`] is what is known of it besides what it says; what it says is a [`Body`], of which there is a
//! [`Draft`] that people work on and any number of [`ContentVersion`]s that never change. What a body shows is kept as
//! blobs, named by their hash ([`BlobId`]) and inspected once ([`media`]).

mod body;
mod check;
mod diff;
mod field;
mod group;
pub mod media;

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest as _, Sha256};

pub use body::{Body, MAX_ATTACHMENTS, Part};
pub use check::{AddressFault, ContentProblem, Fault, NameFault};
pub use diff::{Difference, DifferenceKind};
pub use field::Field;
pub use group::{ContentGroup, GroupFault, GroupTree, MAX_GROUP_DEPTH};

use crate::{
    ContentGroupId, ContentId, Playbook, StaffId, Timestamp,
    playbook::{DepartmentId, Role, Staff, fold},
};

/// The most tags of one content.
pub const MAX_TAGS: usize = 20;
/// The most departments and projects, together, that one content is for.
pub const MAX_VISIBILITY: usize = 100;

/// A content as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Its id.
    pub id: ContentId,
    /// Shown name.
    pub title: String,
    /// The group it lies in; `None`: in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<ContentGroupId>,
    /// Words to find it by; not tags of customers.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// Who may use it.
    #[serde(default)]
    pub visibility: Visibility,
    /// May a customer get the same edition again (P11)?
    #[serde(default)]
    pub repeatable: bool,
    /// Put away: it is found and sent no more by hand; whatever uses it goes on.
    #[serde(default)]
    pub archived: bool,
    /// The version that is sent; `None`: never published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<u32>,
    /// The edition of that version: customers have had an edition, not a version. 0: never published.
    #[serde(default)]
    pub edition: u32,
    /// Revision, for If-Match.
    #[serde(default)]
    pub revision: u64,
}

/// Who may use a content: whoever fits one of these; everybody, if nothing is named. Admins always may.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Visibility {
    /// Exactly these roles.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<Role>,
    /// Members of these departments and of all below them.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub departments: BTreeSet<DepartmentId>,
    /// People of these projects.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub projects: BTreeSet<String>,
}

/// What somebody works on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// What it says.
    pub body: Body,
    /// Revision, for If-Match.
    pub revision: u64,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// By whom; `None`: by a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<StaffId>,
}

/// A published version: never changed again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentVersion {
    /// 1, 2, 3…
    pub version: u32,
    /// Versions of one edition are the same to whoever has had one of them.
    pub edition: u32,
    /// What it says.
    pub body: Body,
    /// When it was published.
    pub published_at: Timestamp,
    /// By whom; `None`: by a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<StaffId>,
    /// What changed, in their words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// How a draft is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publishing {
    /// 内容有实质变化: who has had it may get it again.
    pub substantial: bool,
    /// What changed.
    #[serde(default)]
    pub note: String,
}

impl Content {
    /// A content of which nothing is known yet.
    #[must_use]
    pub fn new(id: ContentId) -> Self {
        Self {
            id,
            title: String::new(),
            group: None,
            tags: BTreeSet::new(),
            visibility: Visibility::default(),
            repeatable: false,
            archived: false,
            published: None,
            edition: 0,
            revision: 0,
        }
    }

    /// Does its title begin so? Case and full width do not matter.
    #[must_use]
    pub fn is_called(&self, beginning: &str) -> bool {
        fold(&self.title).starts_with(&fold(beginning))
    }

    /// Publishes a body that has been checked; `last` is the highest version that there is.
    #[must_use]
    pub fn publish(
        &mut self,
        body: Body,
        last: Option<u32>,
        how: Publishing,
        by: Option<StaffId>,
        now: Timestamp,
    ) -> ContentVersion {
        let version = last.unwrap_or_default() + 1;
        if how.substantial || self.edition == 0 {
            self.edition += 1;
        }
        self.published = Some(version);
        ContentVersion { version, edition: self.edition, body, published_at: now, by, note: how.note }
    }
}

/// Somebody who looks for contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    role: Role,
    /// Theirs, and all above.
    departments: BTreeSet<DepartmentId>,
    projects: BTreeSet<String>,
}

impl Viewer {
    /// A staff member who works on these projects.
    #[must_use]
    pub fn new(staff: &Staff, projects: BTreeSet<String>, book: &Playbook) -> Self {
        let mut departments = BTreeSet::new();
        let mut open: Vec<DepartmentId> = staff.departments.iter().copied().collect();
        while let Some(id) = open.pop() {
            if departments.insert(id) {
                open.extend(book.departments.get(&id).and_then(|department| department.parent));
            }
        }
        Self { role: staff.role, departments, projects }
    }
}

impl Visibility {
    /// May they use it?
    #[must_use]
    pub fn admits(&self, viewer: &Viewer) -> bool {
        let for_all = self.roles.is_empty() && self.departments.is_empty() && self.projects.is_empty();
        for_all
            || viewer.role == Role::Admin
            || self.roles.contains(&viewer.role)
            || !self.projects.is_disjoint(&viewer.projects)
            || !self.departments.is_disjoint(&viewer.departments)
    }
}

/// The SHA-256 of a blob, as 64 digits of lower-case hex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct BlobId(String);

impl BlobId {
    /// The name of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(bytes)))
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let legal = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == 64 && text.bytes().all(legal)).then(|| Self(text.to_owned()))
    }

    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for BlobId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("this names no uploaded file"))
    }
}

#[cfg(test)]
mod tests;
