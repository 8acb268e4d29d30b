//! Contents as they are shown.

use std::collections::{BTreeMap, BTreeSet};

use app::LookedAt;
use domain::{
    Playbook, SopId,
    content::{
        BlobId, Body, Content, ContentVersion, Draft, Part, PartKind, Visibility,
        media::{Format, Inspected},
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use super::reader::Reader;
use crate::{
    Api,
    auth::Caller,
    problem::{FieldError, Problem},
    schema,
    view::{At, Named},
};

/// A content in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Content, example = json!({"id": "price-list", "title": "新品报价单", "group": "prices", "tags": ["新品"],
    "visibility": {"departments": [2]}, "repeatable": false, "archived": false, "published": 3, "edition": 2, "order": 1,
    "kinds": ["text", "link"], "excerpt": "您好，这是报价单", "has_unpublished_changes": false, "revision": 9}))]
pub(crate) struct ContentView {
    #[schema(value_type = schema::Slug)]
    id: String,
    title: String,
    /// The group that it lies in; null: in none.
    #[schema(value_type = Option<schema::Slug>)]
    group: Option<String>,
    /// Its place in the group: smaller sorts first. Null: behind those that have one, by title.
    #[schema(value_type = Option<i64>)]
    order: Option<u32>,
    tags: BTreeSet<String>,
    #[schema(value_type = schema::Visibility)]
    visibility: Visibility,
    /// May a customer get the same edition again?
    repeatable: bool,
    /// Put away.
    archived: bool,
    /// The version that is sent; null: never published.
    published: Option<u32>,
    /// The edition of that version; 0: never published.
    edition: u32,
    /// What the published version is made of, in order, each kind once.
    #[schema(value_type = Vec<schema::PartKind>)]
    kinds: Vec<PartKind>,
    /// How the text of the published version begins: up to 60 characters, names left out.
    #[schema(example = "您好，这是报价单")]
    excerpt: String,
    /// For managers: does the draft say something else than what is published?
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    has_unpublished_changes: Option<bool>,
    /// Its ETag.
    revision: u64,
}

impl ContentView {
    /// `writes`: for somebody who writes contents.
    pub(super) fn new(content: &Content, writes: bool) -> Self {
        Self {
            id: content.id.to_string(),
            title: content.title.clone(),
            group: content.group.as_ref().map(ToString::to_string),
            order: content.order,
            tags: content.tags.clone(),
            visibility: content.visibility.clone(),
            repeatable: content.repeatable,
            archived: content.archived,
            published: content.published,
            edition: content.edition(),
            kinds: content.kinds.clone(),
            excerpt: content.excerpt.clone(),
            has_unpublished_changes: writes.then_some(content.has_unpublished_changes),
            revision: content.revision,
        }
    }
}

/// A content with what it says.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContentDetail)]
pub(crate) struct Detail {
    #[serde(flatten)]
    content: ContentView,
    /// What is published; null: nothing yet.
    #[schema(value_type = Option<schema::ContentBody>)]
    body: Option<Body>,
    /// The files that `body` shows, as far as they are kept.
    files: Vec<FileView>,
    /// For managers: what is worked on, if anything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    draft: Option<DraftView>,
    /// For managers: SOPs whose published version sends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    used_by: Option<Vec<Named>>,
}

/// A picture, video or file of a part.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContentFile, example = json!({"part": 1, "name": "报价单.pdf", "format": "pdf", "bytes": 245_760, "width": null,
    "height": null}))]
pub(crate) struct FileView {
    /// The part's place in `parts`, from 0.
    part: usize,
    /// Under which name it arrives; null: it has none.
    name: Option<String>,
    /// What it is, by its bytes.
    #[schema(value_type = schema::MediaFormat)]
    format: Format,
    bytes: usize,
    /// In pixels; null: no picture.
    width: Option<u32>,
    /// In pixels; null: no picture.
    height: Option<u32>,
}

/// What somebody works on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContentDraft)]
pub(crate) struct DraftView {
    #[schema(value_type = schema::ContentBody)]
    body: Body,
    /// Its own ETag, which is not the content's.
    #[schema(example = 4)]
    pub(super) revision: u64,
    changed_at: At,
    /// Who changed it last; null: a script.
    by: Option<Named>,
    /// The files that `body` shows, as far as they are kept.
    files: Vec<FileView>,
    /// What stands in the way of publishing it; pointers lead into `body`.
    problems: Vec<FieldError>,
}

/// A published version: never changed again.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContentVersion)]
pub(crate) struct VersionView {
    #[schema(example = 3)]
    version: u32,
    /// Versions of one edition are the same to whoever has had one of them.
    #[schema(example = 2)]
    edition: u32,
    #[schema(value_type = schema::ContentBody)]
    body: Body,
    published_at: At,
    /// Null: a script.
    by: Option<Named>,
    /// What changed, in their words.
    #[schema(example = "价格调整")]
    note: String,
}

impl DraftView {
    pub(super) fn new(draft: Draft, looked_at: LookedAt, book: &Playbook) -> Self {
        let LookedAt { problems, files } = looked_at;
        Self {
            files: files_of(&draft.body, &files),
            body: draft.body,
            revision: draft.revision,
            changed_at: At(draft.changed_at),
            by: draft.by.map(|userid| staff(&userid, book)),
            problems: problems.into_iter().map(FieldError::from).collect(),
        }
    }
}

impl VersionView {
    pub(super) fn new(version: ContentVersion, book: &Playbook) -> Self {
        Self {
            version: version.version,
            edition: version.edition,
            body: version.body,
            published_at: At(version.published_at),
            by: version.by.map(|userid| staff(&userid, book)),
            note: version.note,
        }
    }
}

/// The files of a body, as far as they are known.
fn files_of(body: &Body, known: &BTreeMap<BlobId, Inspected>) -> Vec<FileView> {
    let file = |(n, part): (usize, &Part)| {
        let inspected = known.get(part.blob()?.0)?;
        let name = match part {
            Part::File { name, .. } => Some(name.clone()),
            _ => None,
        };
        Some(FileView {
            part: n,
            name,
            format: inspected.format,
            bytes: inspected.bytes,
            width: inspected.pixels.map(|pixels| pixels.width),
            height: inspected.pixels.map(|pixels| pixels.height),
        })
    };
    body.parts.iter().enumerate().filter_map(file).collect()
}

impl Api {
    pub(super) async fn detail(
        &self,
        content: &Content,
        book: &Playbook,
        caller: &Caller,
    ) -> Result<Detail, Problem> {
        let body = match content.published {
            Some(number) => self.app.content_version(&content.id, number).await?.map(|version| version.body),
            None => None,
        };
        let files = match &body {
            Some(body) => files_of(body, &self.app.looked_at(body).await?.files),
            None => Vec::new(),
        };
        let writes = Reader::new(caller, book).writes();
        let draft = if writes { self.draft_view(content, book).await? } else { None };
        let used_by = writes.then(|| named_sops(&book.content_users(&content.id), book));
        Ok(Detail { content: ContentView::new(content, writes), body, files, draft, used_by })
    }

    /// The draft with what is wrong with it, if there is one.
    pub(super) async fn draft_view(
        &self,
        content: &Content,
        book: &Playbook,
    ) -> Result<Option<DraftView>, Problem> {
        let Some(draft) = self.app.content_draft(&content.id).await? else { return Ok(None) };
        let looked_at = self.app.looked_at(&draft.body).await?;
        Ok(Some(DraftView::new(draft, looked_at, book)))
    }
}

/// SOPs by what their published version is called, or the last one that was.
pub(super) fn named_sops(ids: &BTreeSet<SopId>, book: &Playbook) -> Vec<Named> {
    let named = |id: &SopId| {
        let shown = book.sops.get(id).and_then(|sop| {
            let published = sop.header.published.and_then(|number| sop.versions.get(&number));
            published.or_else(|| sop.versions.values().next_back())
        });
        let name = shown.map_or_else(|| id.to_string(), |version| version.document.name.clone());
        Named { id: id.to_string(), name }
    };
    ids.iter().map(named).collect()
}

fn staff(userid: &domain::StaffId, book: &Playbook) -> Named {
    let name = book.staff.get(userid).map_or_else(|| userid.to_string(), |staff| staff.name.clone());
    Named { id: userid.to_string(), name }
}
