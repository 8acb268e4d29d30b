//! Who changes something on purpose, and what the audit keeps of it.

use domain::{Actor, File, Happening, Signal};
use store::{AuditEntry, Audited, Change, RecordKind, Target};

pub use store::{Origin, Via};

use crate::{App, Error};

/// Whoever changes what the corp has decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// Who.
    pub actor: Actor,
    /// From where. `None`: nobody asked through the API, and the audit is not told. What WeCom is found to have is
    /// always told ([`Via::Wecom`]).
    pub origin: Option<Origin>,
}

impl Author {
    /// Stepwise itself: first settings, demo data.
    #[must_use]
    pub const fn stepwise() -> Self {
        Self { actor: Actor::Stepwise, origin: None }
    }
}

impl App {
    /// The audit entry of a signal whose commit makes `file`: the journal entry of that version tells the rest.
    pub(crate) fn audit_of_signal(&self, signal: &Signal, file: &File, origin: &Origin) -> AuditEntry {
        let target = Target { kind: "customer".into(), id: file.id.to_string() };
        AuditEntry {
            at: file.committed_at,
            entry: Some(file.version),
            ..self.audit_entry(&signal.by, origin, verb(&signal.what), target)
        }
    }

    /// The audit entry of changes of the playbook, if the author asked through the API. Of several changes the last is
    /// the one that was asked for.
    pub(crate) async fn audit_of_changes(
        &self,
        changes: &[Change],
        verb: &str,
        author: &Author,
    ) -> Result<Option<AuditEntry>, Error> {
        let (Some(origin), Some(asked)) = (&author.origin, changes.last()) else { return Ok(None) };
        // What it is conditioned on, so that it is what was replaced.
        let before = self.store.record(asked.kind, &asked.id).await?;
        let target = Target { kind: kind(asked.kind).into(), id: asked.id.clone() };
        Ok(Some(AuditEntry {
            before: before.map(|record| Audited::of(&record.doc)).transpose()?,
            after: asked.doc.as_deref().map(Audited::of).transpose()?,
            ..self.audit_entry(&author.actor, origin, verb, target)
        }))
    }

    /// The audit entry of what WeCom is found to have: nobody asked for this change of a record that was `before`.
    /// `request` is what all that was found together have in common.
    pub(crate) fn audit_of_finding(
        &self,
        change: &Change,
        before: Option<&str>,
        request: &str,
    ) -> Result<AuditEntry, Error> {
        let origin = Origin { via: Via::Wecom, credential: None, ip: None, request_id: request.to_owned() };
        let target = Target { kind: kind(change.kind).into(), id: change.id.clone() };
        let verb = if change.doc.is_some() { "put" } else { "delete" };
        Ok(AuditEntry {
            before: before.map(Audited::of).transpose()?,
            after: change.doc.as_deref().map(Audited::of).transpose()?,
            ..self.audit_entry(&Actor::Stepwise, &origin, verb, target)
        })
    }

    /// The audit entry of `verb` done to `target`, now; what it was before and became is for the caller to add.
    #[must_use]
    pub fn audit_entry(&self, by: &Actor, origin: &Origin, verb: &str, target: Target) -> AuditEntry {
        AuditEntry {
            unique: hex::encode(&self.entropy.bytes16()[..4]),
            at: self.clock.now(),
            by: by.clone(),
            origin: origin.clone(),
            action: format!("{}.{verb}", target.kind),
            target,
            before: None,
            after: None,
            entry: None,
        }
    }
}

/// What a record is called as the target of a change. Nobody but its author tells a draft from its SOP.
const fn kind(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Settings => "settings",
        RecordKind::TagGroup => "tag_group",
        RecordKind::Board => "board",
        RecordKind::Rule => "rule",
        RecordKind::Sop | RecordKind::SopVersion | RecordKind::Draft => "sop",
        RecordKind::Staff => "staff",
        RecordKind::Department => "department",
        RecordKind::Content | RecordKind::ContentDraft | RecordKind::ContentVersion => "content",
        RecordKind::ContentGroup => "content_group",
        RecordKind::Media => "media",
    }
}

/// What somebody did to a customer; the name of the happening.
const fn verb(what: &Happening) -> &'static str {
    match what {
        Happening::ContactAdded { .. } => "contact_added",
        Happening::ContactEdited { .. } => "contact_edited",
        Happening::Compared { .. } => "compared",
        Happening::OwnerAssigned { .. } => "owner_assigned",
        Happening::AttributesSet { .. } => "attributes_set",
        Happening::BoardChanged { .. } => "board_changed",
        Happening::GroupMirrored { .. } => "group_mirrored",
        Happening::ContactRemoved { .. } => "contact_removed",
        Happening::Fetched { .. } => "fetched",
        Happening::MessageReceived { .. } => "message_received",
        Happening::MessageSent { .. } => "message_sent",
        Happening::StageMoved { .. } => "stage_moved",
        Happening::TagsEdited { .. } => "tags_edited",
        Happening::Woken => "woken",
        Happening::TaskDone { .. } => "task_done",
        Happening::TaskSkipped { .. } => "task_skipped",
        Happening::ContentSent { .. } => "content_sent",
        Happening::LinkOpened { .. } => "link_opened",
        Happening::Performed { .. } => "performed",
        Happening::Undo { .. } => "undo",
    }
}
