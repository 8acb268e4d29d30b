//! Publishing, and what was published: versions never change.

use domain::{
    ContentId, Playbook,
    content::{Content, ContentVersion, Draft, Publishing},
    playbook::Problem,
};
use store::{Change, Cursor, Expected, Page, RecordKind, StoredRecord};

use super::{
    draft::{TRIES, changed, draft_record},
    missing, next, record, staff_of,
};
use crate::{App, Author, Barred, Error, catalog};

impl App {
    /// Publishes the draft as the next version; `seen`: only if it is this revision. A revision of the draft that was
    /// published before is not published again, however often it is asked for: the answer is the version that it became.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a draft; [`Barred::Archived`]; [`Barred::AlreadyPublished`] in another way than is
    /// asked for now; [`Error::Invalid`] with everything that is wrong with it; [`Error::Conflict`] if the draft was
    /// changed meanwhile.
    pub async fn publish_content(
        &self,
        id: &ContentId,
        seen: Option<u64>,
        how: Publishing,
        author: &Author,
    ) -> Result<(Content, ContentVersion), Error> {
        self.publish_draft(id, seen, &how, None, author).await
    }

    /// As [`App::publish_content`]; the draft that is published as version `again` is published once more, so that it
    /// may become another edition. Asked for again the answer is the version that it became then.
    ///
    /// # Errors
    /// As there.
    pub async fn publish_content_again(
        &self,
        id: &ContentId,
        seen: Option<u64>,
        how: Publishing,
        again: u32,
        author: &Author,
    ) -> Result<(Content, ContentVersion), Error> {
        self.publish_draft(id, seen, &how, Some(again), author).await
    }

    async fn publish_draft(
        &self,
        id: &ContentId,
        seen: Option<u64>,
        how: &Publishing,
        again: Option<u32>,
        author: &Author,
    ) -> Result<(Content, ContentVersion), Error> {
        for attempt in 1..=TRIES {
            let book = self.playbook().await?;
            let draft = self.content_draft(id).await?;
            let draft = draft.ok_or_else(|| Error::NotFound(format!("draft of content {id}")))?;
            if seen.is_some_and(|seen| seen != draft.revision) {
                return Err(changed());
            }
            let content = book.contents.get(id).ok_or_else(|| missing(id))?;
            if content.archived {
                return Err(Barred::Archived.into());
            }
            if content.published_draft == Some(draft.revision)
                && (again.is_none() || content.published != again)
            {
                let version = self.published_so(content, how).await?;
                return Ok((content.clone(), version));
            }
            if let Some(published) = self.try_to_publish(&book, content, draft, how, author).await? {
                self.ready_greetings_with(id).await;
                return Ok(published);
            }
            self.jitter(attempt.min(4)).await;
        }
        Err(Error::Crowded { tries: TRIES })
    }

    /// What is published, if it was published so.
    async fn published_so(&self, content: &Content, how: &Publishing) -> Result<ContentVersion, Error> {
        let number = content.published.unwrap_or_default();
        let version = self.content_version(&content.id, number).await?;
        let version =
            version.ok_or_else(|| Error::NotFound(format!("version {number} of content {}", content.id)))?;
        // The first version is the first edition, whatever is said.
        let begins_edition = how.substantial || number == 1;
        if begins_edition != content.editions.contains(&number) || how.note != version.note {
            return Err(Barred::AlreadyPublished { version: number }.into());
        }
        Ok(version)
    }

    /// `None`: others were faster.
    async fn try_to_publish(
        &self,
        book: &Playbook,
        content: &Content,
        draft: Draft,
        how: &Publishing,
        author: &Author,
    ) -> Result<Option<(Content, ContentVersion)>, Error> {
        let mut problems: Vec<Problem> = how.check().into_iter().map(Problem::from).collect();
        problems.extend(self.problems_of(&draft.body).await?);
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        // As it was looked at, whoever saves it meanwhile.
        let looked_at = draft_record(&content.id, &draft, Expected::Revision(draft.revision))?;
        let mut content = content.clone();
        let version = content.publish(draft, how.clone(), staff_of(&author.actor), self.clock.now());
        let content = next(content);
        let made = Change {
            kind: RecordKind::ContentVersion,
            id: version_id(&content.id, version.version),
            doc: Some(catalog::to_json(&version)?),
            revision: 1,
            expected: Expected::Absent,
        };
        let changes = [looked_at, made, record(&content)?];
        let audit = self.audit_of_changes(&changes, "publish", author).await?;
        Ok(self.try_to_change(book, &changes, audit).await?.then_some((content, version)))
    }

    /// A version of a content.
    pub async fn content_version(
        &self,
        id: &ContentId,
        version: u32,
    ) -> Result<Option<ContentVersion>, Error> {
        let record = self.store.record(RecordKind::ContentVersion, &version_id(id, version)).await?;
        record.map(|record| catalog::from_json(&record.id, &record.doc)).transpose()
    }

    /// The versions of a content, the last first.
    pub async fn content_versions(
        &self,
        id: &ContentId,
        limit: i32,
        from: Option<&Cursor>,
    ) -> Result<Page<ContentVersion>, Error> {
        let Page { items, next } = self.store.content_versions(id.as_str(), limit, from).await?;
        let read = |record: &StoredRecord| catalog::from_json(&record.id, &record.doc);
        Ok(Page { items: items.iter().map(read).collect::<Result<_, _>>()?, next })
    }
}

/// So that versions sort by their numbers.
fn version_id(id: &ContentId, version: u32) -> String {
    format!("{id}#{version:06}")
}
