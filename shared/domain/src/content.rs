//! Contents: what is kept once and sent often.
//!
//! A [`Content`] is what is known of it besides what it says; what it says is a [`Body`], of which there is a
//! [`Draft`] that people work on and any number of [`ContentVersion`]s that never change. What a body shows is kept as
//! blobs, named by their hash ([`BlobId`]) and inspected once ([`media`]).

mod body;
mod check;
mod diff;
mod edit;
mod field;
mod group;
pub mod media;
mod reference;

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest as _, Sha256};

pub use body::{Body, BodyEdit, MAX_ATTACHMENTS, MAX_PARTS, Part, PartEdit, PartKind};
pub use check::{AddressFault, ContentProblem, Fault, NameFault};
pub use diff::{Difference, DifferenceKind};
pub use edit::{ContentEdit, VisibilityEdit};
pub use field::Field;
pub use group::{ContentGroup, GroupFault, GroupTree, MAX_GROUP_DEPTH};
pub use reference::{ContentRef, SentContent};

use crate::{
    ContentGroupId, ContentId, Playbook, StaffId, Timestamp,
    playbook::{DepartmentId, Role, Staff, fold},
};

/// The most tags of one content.
pub const MAX_TAGS: usize = 20;
/// The most departments and projects, together, that one content is for.
pub const MAX_VISIBILITY: usize = 100;

/// The most bytes of title, tags and visibility together. With the rest a header has 4 KB at most.
pub const MAX_HEADER_BYTES: usize = 3_000;
/// The most contents, archived ones included.
pub const MAX_CONTENTS: usize = 10_000;
/// The most groups of contents.
pub const MAX_GROUPS: usize = 500;

/// A content as lists show it. What is not known of it is left out, as it may be of a later version of the product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Its id.
    pub id: ContentId,
    /// Shown name.
    pub title: String,
    /// The group it lies in; `None`: in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<ContentGroupId>,
    /// Its place within the group: smaller sorts first; those without one come behind, by title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u32>,
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
    /// The first version of each edition, in order. Customers have had an edition, not a version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub editions: Vec<u32>,
    /// The revision of the draft that was published last. Published again it is the same version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_draft: Option<u64>,
    /// Does the draft say something else than what is published?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_unpublished_changes: bool,
    /// What the published version is made of, in order, each kind once.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "known_kinds")]
    pub kinds: Vec<PartKind>,
    /// How the text of the published version begins.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub excerpt: String,
    /// Revision, for If-Match.
    #[serde(default)]
    pub revision: u64,
}

/// Those kinds that this version of the product knows.
fn known_kinds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PartKind>, D::Error> {
    let written = Vec::<serde_json::Value>::deserialize(deserializer)?;
    Ok(written.into_iter().filter_map(|kind| serde_json::from_value(kind).ok()).collect())
}

/// Which operators may use a content: whoever fits one of these; everybody, if nothing is named. Managers and admins see
/// all contents, whatever is said here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Visibility {
    /// People of these roles. Managers see all as it is: `["manager"]` keeps a content from operators.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<Role>,
    /// Members of these departments and of all below them.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub departments: BTreeSet<DepartmentId>,
    /// People who are on one of these projects ([`Staff::projects`]).
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
            order: None,
            tags: BTreeSet::new(),
            visibility: Visibility::default(),
            repeatable: false,
            archived: false,
            published: None,
            editions: Vec::new(),
            published_draft: None,
            has_unpublished_changes: false,
            kinds: Vec::new(),
            excerpt: String::new(),
            revision: 0,
        }
    }

    /// Does its title begin so? Case and full width do not matter.
    #[must_use]
    pub fn is_called(&self, beginning: &str) -> bool {
        fold(&self.title).starts_with(&fold(beginning))
    }

    /// Does its title hold these words, at any place? Case and full width do not matter.
    #[must_use]
    pub fn mentions(&self, words: &str) -> bool {
        fold(&self.title).contains(&fold(words))
    }

    /// Publishes a draft that has been checked, as the next version.
    #[must_use]
    pub fn publish(
        &mut self,
        draft: Draft,
        how: Publishing,
        by: Option<StaffId>,
        now: Timestamp,
    ) -> ContentVersion {
        let version = self.published.unwrap_or_default() + 1;
        if how.substantial || self.editions.is_empty() {
            self.editions.push(version);
        }
        self.published = Some(version);
        self.published_draft = Some(draft.revision);
        self.has_unpublished_changes = false;
        self.kinds = draft.body.kinds();
        self.excerpt = draft.body.excerpt();
        let (edition, body, note) = (self.edition(), draft.body, how.note);
        ContentVersion { version, edition, body, published_at: now, by, note }
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
    /// This staff member.
    #[must_use]
    pub fn new(staff: &Staff, book: &Playbook) -> Self {
        let mut departments = BTreeSet::new();
        let mut open: Vec<DepartmentId> = staff.departments.iter().copied().collect();
        while let Some(id) = open.pop() {
            if departments.insert(id) {
                open.extend(book.departments.get(&id).and_then(|department| department.parent));
            }
        }
        Self { role: staff.role, departments, projects: staff.projects.clone() }
    }
}

impl Visibility {
    /// May they use it?
    #[must_use]
    pub fn admits(&self, viewer: &Viewer) -> bool {
        let for_all = self.roles.is_empty() && self.departments.is_empty() && self.projects.is_empty();
        for_all
            || viewer.role >= Role::Manager
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
