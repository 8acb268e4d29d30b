//! What somebody works on in a content. It may be wrong: only publishing asks that it is not.

use std::collections::BTreeMap;

use domain::{
    ContentId, Playbook,
    content::{BlobId, Body, Content, ContentEdit, Draft, Field, media::Inspected},
    playbook::Problem,
};
use store::{AuditEntry, Change, Expected, RecordKind};

use super::{header, missing, next, record, staff_of};
use crate::{App, Author, Barred, Error, catalog};

/// What stands behind the title of a copy that was given none.
const COPY: &str = " 副本";
/// Others change contents all the time while an import runs.
pub(super) const TRIES: u32 = 16;

/// What was found when a body was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LookedAt {
    /// Everything that stands in the way of publishing it.
    pub problems: Vec<Problem>,
    /// What is known of the files that it shows, as far as they are kept.
    pub files: BTreeMap<BlobId, Inspected>,
}

impl App {
    /// What somebody works on in a content.
    pub async fn content_draft(&self, id: &ContentId) -> Result<Option<Draft>, Error> {
        let Some(record) = self.store.record(RecordKind::ContentDraft, id.as_str()).await? else {
            return Ok(None);
        };
        let draft: Draft = catalog::from_json(id.as_str(), &record.doc)?;
        Ok(Some(Draft { revision: record.revision, ..draft }))
    }

    /// Saves a draft that was read as `read_as` (0: there was none), and says what is wrong with it so far. What says the
    /// same as the draft that is there is not written.
    ///
    /// # Errors
    /// [`Error::NotFound`] without the content; [`Barred::Archived`]; [`Error::Invalid`] if it has more parts than
    /// anything is made of; [`Error::Conflict`] if the draft is not what was read any more.
    pub async fn put_content_draft(
        &self,
        id: &ContentId,
        read_as: u64,
        body: Body,
        author: &Author,
    ) -> Result<(Draft, LookedAt), Error> {
        let looked_at = self.looked_at(&body).await?;
        for attempt in 1..=TRIES {
            let book = self.playbook().await?;
            let content = book.contents.get(id).ok_or_else(|| missing(id))?;
            if content.archived {
                return Err(Barred::Archived.into());
            }
            if let Some(problem) = body.check_shape() {
                return Err(Error::Invalid(vec![problem.into()]));
            }
            let known = self.content_draft(id).await?;
            if known.as_ref().map_or(0, |known| known.revision) != read_as {
                return Err(changed());
            }
            if let Some(draft) = self.try_to_draft(&book, content, known, &body, author).await? {
                return Ok((draft, looked_at));
            }
            self.jitter(attempt.min(4)).await;
        }
        Err(Error::Crowded { tries: TRIES })
    }

    /// Saves a draft together with the header, which lets lists know whether the draft says something new: no draft is
    /// saved into a content that is gone or put away meanwhile. It is nothing that anybody said of the content, so that
    /// the header's revision stays. `None`: others were faster.
    async fn try_to_draft(
        &self,
        book: &Playbook,
        content: &Content,
        known: Option<Draft>,
        body: &Body,
        author: &Author,
    ) -> Result<Option<Draft>, Error> {
        let has_unpublished_changes = self.says_something_new(content, body).await?;
        let read_as = known.as_ref().map_or(0, |known| known.revision);
        let (draft, is_new) = match known {
            Some(known) if known.body == *body => (known, false),
            _ => (self.drafted(body.clone(), read_as + 1, author), true),
        };
        if !is_new && content.has_unpublished_changes == has_unpublished_changes {
            return Ok(Some(draft));
        }
        let noted = record(&Content { has_unpublished_changes, ..content.clone() })?;
        let changes = [
            Change { expected: Expected::Revision(content.revision), ..noted },
            draft_record(&content.id, &draft, catalog::expected(read_as))?,
        ];
        let audit = if is_new { self.audit_of_changes(&changes, "edit", author).await? } else { None };
        Ok(self.try_to_change(book, &changes, audit).await?.then_some(draft))
    }

    /// Makes changes if the playbook and the records still are as they were looked at: whoever goes by a draft, too, looks
    /// at it again before the next try.
    pub(super) async fn try_to_change(
        &self,
        book: &Playbook,
        changes: &[Change],
        audit: Option<AuditEntry>,
    ) -> Result<bool, Error> {
        let token = self.attempt_token();
        match self.store.change_playbook(changes, Some(book.stamp), audit.as_slice(), &token).await {
            Ok(()) => Ok(true),
            Err(store::Error::LostRace(_) | store::Error::Exists(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Does this body say something else than what is published?
    async fn says_something_new(&self, content: &Content, body: &Body) -> Result<bool, Error> {
        let Some(version) = content.published else { return Ok(true) };
        let published = self.content_version(&content.id, version).await?;
        Ok(published.is_none_or(|published| published.body != *body))
    }

    fn drafted(&self, body: Body, revision: u64, author: &Author) -> Draft {
        Draft { body, revision, changed_at: self.clock.now(), by: staff_of(&author.actor) }
    }

    /// Looks at a body: what is wrong with it, and its files.
    pub async fn looked_at(&self, body: &Body) -> Result<LookedAt, Error> {
        if let Some(problem) = body.check_shape() {
            return Ok(LookedAt { problems: vec![problem.into()], files: BTreeMap::new() });
        }
        let files = self.media_of(body).await?;
        let problems = body.check(&files).into_iter().map(Problem::from).collect();
        Ok(LookedAt { problems, files })
    }

    /// Everything that stands in the way of publishing a body.
    pub async fn problems_of(&self, body: &Body) -> Result<Vec<Problem>, Error> {
        Ok(self.looked_at(body).await?.problems)
    }

    /// Makes a content `to` of which is said what is said of another one, and whose draft says what that one's does; if it
    /// has none, what it has published. `title`: other than its title with 副本 behind it.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Barred::Exists`]; [`Error::Invalid`].
    pub async fn copy_content(
        &self,
        from: &ContentId,
        to: &ContentId,
        title: Option<&str>,
        author: &Author,
    ) -> Result<Content, Error> {
        let published = self.playbook().await?.contents.get(from).and_then(|content| content.published);
        let mut body = self.content_draft(from).await?.map(|draft| draft.body);
        if let (None, Some(version)) = (&body, published) {
            body = self.content_version(from, version).await?.map(|version| version.body);
        }
        let draft = body.map(|body| self.drafted(body, 1, author));
        self.decide("copy", author, |book| {
            let source = book.contents.get(from).ok_or_else(|| missing(from))?;
            if book.contents.contains_key(to) {
                return Err(Barred::Exists.into());
            }
            let title = title.map_or_else(|| copied(&source.title), str::to_owned);
            let edit = ContentEdit { title, order: None, ..ContentEdit::of(source) };
            header::check(to, &edit, Some(source), book)?;
            let content = next(Content {
                has_unpublished_changes: draft.is_some(),
                ..edit.applied_to(Content::new(to.clone()))
            });
            let mut changes = Vec::new();
            if let Some(draft) = &draft {
                changes.push(draft_record(to, draft, Expected::Any)?);
            }
            changes.push(record(&content)?);
            Ok((changes, content))
        })
        .await
    }
}

/// The title of a copy.
fn copied(title: &str) -> String {
    let room = Field::Title.most() - COPY.chars().count();
    let kept: String = title.chars().take(room).collect();
    format!("{kept}{COPY}")
}

/// Somebody saved another draft in between.
pub(super) fn changed() -> Error {
    Error::Conflict("the draft was changed meanwhile; read it again".into())
}

/// A draft as it is kept.
pub(super) fn draft_record(id: &ContentId, draft: &Draft, expected: Expected) -> Result<Change, Error> {
    Ok(Change {
        kind: RecordKind::ContentDraft,
        id: id.to_string(),
        doc: Some(catalog::to_json(draft)?),
        revision: draft.revision,
        expected,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_of_a_copy_fits() {
        assert_eq!(copied("报价单"), "报价单 副本");
        assert_eq!(copied(&"长".repeat(60)).chars().count(), 60);
    }
}
