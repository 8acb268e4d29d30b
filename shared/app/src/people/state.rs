//! How far the synchronisation has come, and what the last one found: kept as one piece of standing work.

use std::collections::BTreeSet;

use domain::{StaffId, Timestamp};
use serde::{Deserialize, Serialize};

/// So many of those who are not found are named in the result.
const MOST_NAMED: usize = 100;

/// Why a synchronisation was begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Its time of the night had come.
    #[default]
    Nightly,
    /// Somebody asked for it.
    Asked,
}

/// What is asked of WeCom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Who is licensed for customer contact.
    Licences,
    /// Names, departments and status of some or all members.
    Members,
    /// The department tree.
    Departments,
    /// What departments are called.
    DepartmentNames,
    /// Whether those have left whom WeCom does not find: too many of them, or the last admin.
    Leavers,
}

/// Something that WeCom does not tell the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// What.
    pub part: Part,
    /// WeCom's refusal, the first of several; `None`: an answer that cannot be the truth.
    pub code: Option<i64>,
}

/// What a synchronisation found, in staff members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Looked at.
    pub checked: u64,
    /// Licensed, and not known before.
    pub new: u64,
    /// Left before, and there again.
    pub back: u64,
    /// Not with the corp any more.
    pub left: u64,
    /// Have a licence again.
    pub licensed: u64,
    /// Have no licence any more.
    pub unlicensed: u64,
    /// Called otherwise.
    pub renamed: u64,
    /// In other departments.
    pub moved: u64,
    /// Of whom WeCom does not tell this app.
    pub unreadable: u64,
    /// Of those who are back: had been away for long, and have lost the role that they had.
    pub demoted: u64,
    /// Not found, and as they were: see [`Part::Leavers`].
    pub missing: u64,
}

/// A synchronisation under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Why.
    pub cause: Cause,
    /// Since when.
    pub began_at: Timestamp,
    /// Everybody up to this one has been looked at.
    pub after: Option<StaffId>,
    /// The departments have been read.
    pub departments_done: bool,
    /// Failures since something last went well.
    pub failures: u32,
    /// What was found so far.
    pub found: Counts,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// Whoever is not found has left, and whoever is not listed has no licence: somebody said so.
    #[serde(default)]
    pub(super) believes: bool,
    /// Who is not found, up to a bound; whether they have left is decided once everybody has been looked at.
    #[serde(default)]
    pub(super) missing: BTreeSet<StaffId>,
    /// Who is not listed as licensed any more, up to a bound; whether that can be is decided likewise.
    #[serde(default)]
    pub(super) unlicensed: BTreeSet<StaffId>,
    /// What the audit's entries of all that it finds have in common.
    #[serde(default)]
    pub(super) request: String,
    /// Who is at it; another one has taken over once this is somebody else.
    #[serde(default)]
    pub(super) holder: String,
}

/// A synchronisation that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncReport {
    /// Why it began.
    pub cause: Cause,
    /// When it began.
    pub began_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// `false`: WeCom did not answer again and again, and it was given up.
    pub completed: bool,
    /// What was found.
    pub found: Counts,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// The first of those who are not found and stayed as they were.
    #[serde(default)]
    pub missing: Vec<StaffId>,
}

/// The synchronisation of staff with WeCom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffSync {
    /// Under way.
    pub run: Option<Run>,
    /// The last one that ended.
    pub last: Option<SyncReport>,
    /// The next one was asked for.
    #[serde(default)]
    pub(super) asked: bool,
    /// It is to believe that whoever is not found has left.
    #[serde(default)]
    pub(super) believes: bool,
    /// The id of the request that asked for it last; empty: it came through no request.
    #[serde(default)]
    pub(super) request: String,
    /// When somebody goes on with it, or begins the next.
    #[serde(skip)]
    pub next_at: Timestamp,
    /// As it was read.
    #[serde(skip)]
    pub(super) version: u64,
}

impl StaffSync {
    /// Has the nightly one been set up?
    #[must_use]
    pub const fn is_set_up(&self) -> bool {
        self.version > 0
    }

    /// Has WeCom told who has a licence when it was asked last?
    #[must_use]
    pub fn has_told_licences(&self) -> bool {
        let is_whole = |last: &SyncReport| {
            last.completed && !last.unread.iter().any(|unread| unread.part == Part::Licences)
        };
        self.last.as_ref().is_some_and(is_whole)
    }
}

impl Run {
    /// Notes what WeCom does not tell.
    pub(super) fn note(&mut self, part: Part, code: Option<i64>) {
        if !self.has_unread(part) {
            self.unread.push(Unread { part, code });
        }
    }

    pub(super) fn has_unread(&self, part: Part) -> bool {
        self.unread.iter().any(|unread| unread.part == part)
    }

    pub(super) fn report(self, completed: bool, ended_at: Timestamp) -> SyncReport {
        let Self { cause, began_at, found, unread, missing, .. } = self;
        let missing = missing.into_iter().take(MOST_NAMED).collect();
        SyncReport { cause, began_at, ended_at, completed, found, unread, missing }
    }
}
