//! What is said of a content, and whether it is there: each change is made on the playbook as it is at that moment.

use domain::{
    ContentId, Playbook,
    content::{Content, ContentEdit, MAX_CONTENTS},
    playbook::Problem,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use store::{AuditEntry, Audited, Change, Expected, RecordKind, StoredRecord};

use super::{
    as_read,
    draft::{TRIES, changed},
    missing, next, record,
};
use crate::{App, Author, Barred, Error, catalog};

impl App {
    /// Makes a content or changes what is said of it; it was read as `read_as` (0: new). What is published of it stays.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it is not what was read any more; [`Error::Invalid`] with everything that is wrong.
    pub async fn put_content(
        &self,
        id: &ContentId,
        read_as: u64,
        edit: &ContentEdit,
        author: &Author,
    ) -> Result<Content, Error> {
        self.decide("put", author, |book| {
            let known = as_read(book, id, read_as)?;
            check(id, edit, known, book)?;
            let content = edit.applied_to(known.cloned().unwrap_or_else(|| Content::new(id.clone())));
            if known == Some(&content) {
                return Ok((Vec::new(), content));
            }
            let content = next(content);
            Ok((vec![record(&content)?], content))
        })
        .await
    }

    /// Puts a content away, or takes it back out. With `force` also one that something sends: that goes on.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] if it is not what was read any more; [`Barred::InUse`].
    pub async fn archive_content(
        &self,
        id: &ContentId,
        read_as: u64,
        archived: bool,
        force: bool,
        author: &Author,
    ) -> Result<Content, Error> {
        let verb = if archived { "archive" } else { "restore" };
        self.decide(verb, author, |book| {
            let known = as_read(book, id, read_as)?.ok_or_else(|| missing(id))?;
            if known.archived == archived {
                return Ok((Vec::new(), known.clone()));
            }
            if archived && !force && !book.content_holders(id).is_empty() {
                return Err(Barred::InUse.into());
            }
            let content = next(Content { archived, ..known.clone() });
            Ok((vec![record(&content)?], content))
        })
        .await
    }

    /// Removes a content that was never published and that nothing names, with its draft, which the audit keeps as far as
    /// it keeps anything so large. `draft`: only if that is this revision (0: there is none).
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] if it or its draft is not what was read any more; [`Barred::Published`];
    /// [`Barred::InUse`].
    pub async fn delete_content(
        &self,
        id: &ContentId,
        read_as: u64,
        draft: Option<u64>,
        author: &Author,
    ) -> Result<(), Error> {
        for attempt in 1..=TRIES {
            let book = self.playbook().await?;
            let known = as_read(&book, id, read_as)?.ok_or_else(|| missing(id))?;
            if known.published.is_some() {
                return Err(Barred::Published.into());
            }
            if !book.content_holders(id).is_empty() {
                return Err(Barred::InUse.into());
            }
            // After the playbook: whoever saves a first one meanwhile writes the header, too.
            let found = self.store.record(RecordKind::ContentDraft, id.as_str()).await?;
            if draft.is_some_and(|draft| draft != found.as_ref().map_or(0, |found| found.revision)) {
                return Err(changed());
            }
            if self.try_to_delete(&book, id, read_as, found.as_ref(), author).await? {
                return Ok(());
            }
            self.jitter(attempt.min(4)).await;
        }
        Err(Error::Crowded { tries: TRIES })
    }

    async fn try_to_delete(
        &self,
        book: &Playbook,
        id: &ContentId,
        read_as: u64,
        draft: Option<&StoredRecord>,
        author: &Author,
    ) -> Result<bool, Error> {
        let gone = |kind, revision| Change {
            kind,
            id: id.to_string(),
            doc: None,
            revision,
            expected: Expected::Revision(revision),
        };
        let mut changes: Vec<Change> =
            draft.into_iter().map(|draft| gone(RecordKind::ContentDraft, draft.revision)).collect();
        changes.push(gone(RecordKind::Content, read_as));
        let audit = self.audit_of_changes(&changes, "delete", author).await?;
        let audit = match (audit, draft) {
            (Some(entry), Some(draft)) => {
                Some(AuditEntry { before: with_draft(entry.before.as_ref(), draft)?, ..entry })
            }
            (audit, _) => audit,
        };
        self.try_to_change(book, &changes, audit).await
    }
}

/// A content with its draft, for the audit; of a draft that makes it too large, what it can be recognised by.
fn with_draft(header: Option<&Audited>, draft: &StoredRecord) -> Result<Option<Audited>, Error> {
    let Some(Audited::Document(header)) = header else { return Ok(header.cloned()) };
    let with = |draft: Value| {
        let mut both = header.clone();
        both["draft"] = draft;
        Audited::of(&both.to_string())
    };
    let both = with(catalog::from_json(&draft.id, &draft.doc)?)?;
    if let Audited::Document(_) = both {
        return Ok(Some(both));
    }
    let sha256 = hex::encode(Sha256::digest(draft.doc.as_bytes()));
    Ok(Some(with(serde_json::json!({"digest": {"sha256": sha256, "bytes": draft.doc.len()}}))?))
}

/// Everything that is wrong with what is said, for a content of this id, new or not. `before`: of which the same was said
/// already, as far as it is the same.
pub(super) fn check(
    id: &ContentId,
    edit: &ContentEdit,
    before: Option<&Content>,
    book: &Playbook,
) -> Result<(), Error> {
    let mut problems = edit.check(id, before, book);
    if !book.contents.contains_key(id) && book.contents.len() >= MAX_CONTENTS {
        let text = format!("at most {MAX_CONTENTS} contents, archived ones included");
        let zh = format!("最多 {MAX_CONTENTS} 个内容（含已归档），请先删除不再需要的草稿");
        problems.push(Problem::new("/id", "too_many", text).saying(zh));
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}
