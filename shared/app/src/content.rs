//! Contents: a header that lists and decisions go by, a draft that may be wrong, and versions that never change.

mod group;
mod media;
mod trial;

use std::collections::BTreeSet;

use domain::{
    Actor, ContentGroupId, ContentId, Playbook, StaffId,
    content::{Body, Content, ContentVersion, Draft, Publishing, Visibility},
    playbook::Problem,
};
use store::{Change, Cursor, Expected, Page, RecordKind, StoredRecord};

use crate::{App, Author, Error, catalog};

pub use media::Media;
pub use trial::{Refused, TrialPart};

/// What somebody says of a content, besides what it says itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentEdit {
    /// See [`Content::title`].
    pub title: String,
    /// See [`Content::group`].
    pub group: Option<ContentGroupId>,
    /// See [`Content::tags`].
    pub tags: BTreeSet<String>,
    /// See [`Content::visibility`].
    pub visibility: Visibility,
    /// See [`Content::repeatable`].
    pub repeatable: bool,
}

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
            let content = Content {
                title: edit.title.clone(),
                group: edit.group.clone(),
                tags: edit.tags.clone(),
                visibility: edit.visibility.clone(),
                repeatable: edit.repeatable,
                ..known.cloned().unwrap_or_else(|| Content::new(id.clone()))
            };
            check(&content, book)?;
            if known == Some(&content) {
                return Ok((Vec::new(), content));
            }
            let content = next(content);
            Ok((vec![record(&content)?], content))
        })
        .await
    }

    /// Puts a content away, or takes it back out. Whether it is used is for the caller to look at.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] if it is not what was read any more.
    pub async fn archive_content(
        &self,
        id: &ContentId,
        read_as: u64,
        archived: bool,
        author: &Author,
    ) -> Result<Content, Error> {
        let verb = if archived { "archive" } else { "restore" };
        self.decide(verb, author, |book| {
            let known = as_read(book, id, read_as)?.ok_or_else(|| missing(id))?;
            if known.archived == archived {
                return Ok((Vec::new(), known.clone()));
            }
            let content = next(Content { archived, ..known.clone() });
            Ok((vec![record(&content)?], content))
        })
        .await
    }

    /// What somebody works on in a content.
    pub async fn content_draft(&self, id: &ContentId) -> Result<Option<Draft>, Error> {
        let Some(record) = self.store.record(RecordKind::ContentDraft, id.as_str()).await? else {
            return Ok(None);
        };
        let draft: Draft = catalog::from_json(id.as_str(), &record.doc)?;
        Ok(Some(Draft { revision: record.revision, ..draft }))
    }

    /// Saves a draft that was read as `read_as` (0: there was none), and says what is wrong with it so far: only
    /// publishing asks that nothing is.
    ///
    /// # Errors
    /// [`Error::NotFound`] without the content; [`Error::Conflict`] if the draft is not what was read any more.
    pub async fn put_content_draft(
        &self,
        id: &ContentId,
        read_as: u64,
        body: Body,
        author: &Author,
    ) -> Result<(Draft, Vec<Problem>), Error> {
        let book = self.playbook().await?;
        book.contents.get(id).ok_or_else(|| missing(id))?;
        let problems = self.problems_of(&body).await?;
        let by = staff_of(&author.actor);
        let draft = Draft { body, revision: read_as + 1, changed_at: self.clock.now(), by };
        let change = Change {
            kind: RecordKind::ContentDraft,
            id: id.to_string(),
            doc: Some(catalog::to_json(&draft)?),
            revision: draft.revision,
            expected: catalog::expected(read_as),
        };
        self.change(&[change], "edit", author).await?;
        Ok((draft, problems))
    }

    /// Everything that stands in the way of publishing a body.
    pub async fn problems_of(&self, body: &Body) -> Result<Vec<Problem>, Error> {
        let media = self.media_of(body).await?;
        Ok(body.check(&media).into_iter().map(Problem::from).collect())
    }

    /// Publishes the draft as the next version. `seen`: only if it is this revision.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a draft; [`Error::Invalid`] with everything that is wrong with it; [`Error::Conflict`] if
    /// something of it changed meanwhile.
    pub async fn publish_content(
        &self,
        id: &ContentId,
        seen: Option<u64>,
        how: Publishing,
        author: &Author,
    ) -> Result<(Content, ContentVersion), Error> {
        let draft = self.content_draft(id).await?;
        let draft = draft.ok_or_else(|| Error::NotFound(format!("draft of content {id}")))?;
        if seen.is_some_and(|seen| seen != draft.revision) {
            return Err(Error::Conflict("the draft was changed meanwhile; read it again".into()));
        }
        let mut problems: Vec<Problem> = how.check().into_iter().map(Problem::from).collect();
        problems.extend(self.problems_of(&draft.body).await?);
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let book = self.playbook().await?;
        let mut content = book.contents.get(id).ok_or_else(|| missing(id))?.clone();
        // As it was looked at, whoever saves it meanwhile.
        let looked_at = Change {
            kind: RecordKind::ContentDraft,
            id: id.to_string(),
            doc: Some(catalog::to_json(&draft)?),
            revision: draft.revision,
            expected: Expected::Revision(draft.revision),
        };
        let last = content.published;
        let version = content.publish(draft.body, last, how, staff_of(&author.actor), self.clock.now());
        let content = next(content);
        let made = Change {
            kind: RecordKind::ContentVersion,
            id: version_id(id, version.version),
            doc: Some(catalog::to_json(&version)?),
            revision: 1,
            expected: Expected::Absent,
        };
        self.change(&[looked_at, made, record(&content)?], "publish", author).await?;
        Ok((content, version))
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

/// The content as it is, if it still is what was read.
fn as_read<'a>(book: &'a Playbook, id: &ContentId, read_as: u64) -> Result<Option<&'a Content>, Error> {
    let known = book.contents.get(id);
    if known.map_or(0, |known| known.revision) == read_as {
        return Ok(known);
    }
    Err(Error::Conflict("it was changed meanwhile; read it again".into()))
}

fn check(content: &Content, book: &Playbook) -> Result<(), Error> {
    let mut problems: Vec<Problem> = content.check().into_iter().map(Problem::from).collect();
    if let Some(group) = content.group.as_ref().filter(|group| book.content_groups.get(group).is_none()) {
        let text = format!("there is no group {:?}", group.as_str());
        problems
            .push(Problem::new("/group", "unknown_group", text).saying("分组不存在或已被删除，请重新选择"));
    }
    for (i, department) in content.visibility.departments.iter().enumerate() {
        if !book.departments.contains_key(department) {
            let pointer = format!("/visibility/departments/{i}");
            let text = format!("there is no department {department}");
            problems.push(Problem::new(pointer, "unknown_department", text));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

/// With the revision that it has once it is written.
fn next(content: Content) -> Content {
    Content { revision: content.revision + 1, ..content }
}

/// A content as it is kept: `content.revision` is the one that it gets.
fn record(content: &Content) -> Result<Change, Error> {
    Ok(Change {
        kind: RecordKind::Content,
        id: content.id.to_string(),
        doc: Some(catalog::to_json(content)?),
        revision: content.revision,
        expected: catalog::expected(content.revision - 1),
    })
}

/// So that versions sort by their numbers.
fn version_id(id: &ContentId, version: u32) -> String {
    format!("{id}#{version:06}")
}

fn missing(id: &ContentId) -> Error {
    Error::NotFound(format!("content {id}"))
}

fn staff_of(actor: &Actor) -> Option<StaffId> {
    match actor {
        Actor::Staff { userid } => Some(userid.clone()),
        _ => None,
    }
}
