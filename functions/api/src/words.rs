//! Chinese sentences for what happened and what followed, with the names that the playbook gives, in the corp's zone.
//!
//! Every kind of happening, fact and reason has its words: the matches are exhaustive, so a new kind does not compile
//! until somebody has found words for it. Nothing here decides anything.

mod fact;
mod happening;
mod job;
mod reason;

use domain::{
    Actor, BoardId, ContentId, Playbook, RuleId, SopId, StaffId, StageId, StepId, TagGroupId, TagId,
    Timestamp, What, file::Route, playbook::StaffStatus, timing,
};

use store::JobTrouble;

use crate::view::tag_of;

/// What the holder of the admin token is called in the journal, and on the page.
const ADMIN: (&str, &str) = ("admin", "管理员");

/// What whoever sends attributes is called there.
const SENDER: (&str, &str) = ("ingestion", "业务系统");

/// Knows the names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words<'a> {
    book: &'a Playbook,
}

impl<'a> Words<'a> {
    pub(crate) fn new(book: &'a Playbook) -> Self {
        Self { book }
    }

    /// The stable name of a fact's kind.
    #[expect(clippy::unused_self, reason = "stands beside the sentence that it names")]
    pub(crate) fn kind(&self, what: &What) -> String {
        tag_of(what, "kind")
    }

    /// Who did something.
    pub(crate) fn actor(&self, actor: &Actor) -> String {
        match actor {
            Actor::Customer => "客户".to_owned(),
            Actor::Staff { userid } => self.staff(userid),
            Actor::Operator { name } if name == ADMIN.0 => ADMIN.1.to_owned(),
            Actor::Operator { name } if name == SENDER.0 => SENDER.1.to_owned(),
            Actor::Operator { name } => name.clone(),
            Actor::Stepwise => "系统".to_owned(),
        }
    }

    /// The name of an SOP, as its newest version has it.
    pub(crate) fn sop(&self, id: &SopId) -> String {
        let newest = self.book.sops.get(id).and_then(|sop| sop.versions.values().next_back());
        newest.map_or_else(|| id.to_string(), |version| version.document.name.clone())
    }

    /// The title of a step, as the newest version that has it calls it.
    pub(crate) fn step(&self, sop: &SopId, step: &StepId) -> String {
        let versions = self.book.sops.get(sop).into_iter().flat_map(|sop| sop.versions.values().rev());
        let mut titles =
            versions.filter_map(|version| version.step(step).map(|(_, step)| self.book.step_title(step)));
        titles.next().filter(|title| !title.is_empty()).unwrap_or_else(|| step.to_string())
    }

    /// Why a job, or one of its customers, did not get on.
    #[expect(clippy::unused_self, reason = "as all words")]
    pub(crate) const fn trouble(&self, trouble: JobTrouble) -> &'static str {
        reason::trouble(trouble)
    }

    /// Since when somebody has left or has no licence, where that is known.
    pub(crate) fn unserved_since(&self, id: &StaffId) -> Option<Timestamp> {
        let staff = self.book.staff.get(id)?;
        match staff.status {
            StaffStatus::Left { since } => Some(since),
            StaffStatus::Active | StaffStatus::Away { .. } => staff.unlicensed_since,
        }
    }

    pub(crate) fn staff(&self, id: &StaffId) -> String {
        self.book.staff.get(id).map_or_else(|| id.to_string(), |staff| staff.name.clone())
    }

    fn rule(&self, id: &RuleId) -> String {
        let known = self.book.rules.iter().find(|rule| &rule.id == id);
        known.map_or_else(|| id.to_string(), |rule| rule.name.clone())
    }

    /// The title of a content.
    pub(crate) fn content(&self, id: &ContentId) -> String {
        self.book.contents.get(id).map_or_else(|| id.to_string(), |content| content.title.clone())
    }

    /// On which way a content came.
    #[expect(clippy::unused_self, reason = "as all words")]
    pub(crate) const fn route(&self, route: Route) -> &'static str {
        reason::route(route)
    }

    pub(crate) fn board(&self, id: &BoardId) -> String {
        self.book.boards.get(id).map_or_else(|| id.to_string(), |board| board.name.clone())
    }

    /// The name of a stage, of a deleted one too.
    pub(crate) fn stage(&self, board: &BoardId, stage: &StageId) -> String {
        let known = self.book.boards.get(board);
        let now = known.and_then(|board| board.stage(stage)).map(|stage| &stage.name);
        let former =
            || known?.former.iter().rev().find(|former| former.id == *stage).map(|former| &former.name);
        now.or_else(former).cloned().unwrap_or_else(|| stage.to_string())
    }

    /// `组/标签`
    pub(crate) fn tag(&self, id: &TagId) -> String {
        self.book.tags.label(id)
    }

    pub(crate) fn tag_group(&self, id: &TagGroupId) -> String {
        self.book.tags.group(id).map_or_else(|| id.to_string(), |group| group.name.clone())
    }

    /// `「甲」「乙」`
    fn tags<'t>(&self, ids: impl IntoIterator<Item = &'t TagId>) -> String {
        ids.into_iter().map(|id| format!("「{}」", self.tag(id))).collect()
    }

    /// `3月5日 09:00`
    pub(crate) fn time(&self, at: Timestamp) -> String {
        timing::local(at, self.book.settings.timezone).format("%-m月%-d日 %H:%M").to_string()
    }
}

#[cfg(test)]
mod tests;
