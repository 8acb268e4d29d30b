//! Contents as they are shown.

use std::collections::BTreeSet;

use domain::{
    Playbook, SopId,
    content::{Body, Content, ContentVersion, Draft, Visibility},
    playbook::Role,
};
use serde::Serialize;
use utoipa::ToSchema;

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
    "visibility": {"departments": [2]}, "repeatable": false, "archived": false, "published": 3, "edition": 2, "revision": 9}))]
pub(crate) struct ContentView {
    #[schema(value_type = schema::Slug)]
    id: String,
    title: String,
    /// The group that it lies in; null: in none.
    #[schema(value_type = Option<schema::Slug>)]
    group: Option<String>,
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
    /// Its ETag.
    revision: u64,
}

impl From<&Content> for ContentView {
    fn from(content: &Content) -> Self {
        Self {
            id: content.id.to_string(),
            title: content.title.clone(),
            group: content.group.as_ref().map(ToString::to_string),
            tags: content.tags.clone(),
            visibility: content.visibility.clone(),
            repeatable: content.repeatable,
            archived: content.archived,
            published: content.published,
            edition: content.edition,
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
    /// For managers: what is worked on, if anything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    draft: Option<DraftView>,
    /// For managers: SOPs that send it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    used_by: Option<Vec<Named>>,
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
    pub(super) fn new(draft: Draft, problems: Vec<domain::playbook::Problem>, book: &Playbook) -> Self {
        Self {
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
        let manages = caller.role >= Role::Manager;
        let draft = if manages { self.draft_view(content, book).await? } else { None };
        let used_by = manages.then(|| users(content, book));
        Ok(Detail { content: content.into(), body, draft, used_by })
    }

    /// The draft with what is wrong with it, if there is one.
    pub(super) async fn draft_view(
        &self,
        content: &Content,
        book: &Playbook,
    ) -> Result<Option<DraftView>, Problem> {
        let Some(draft) = self.app.content_draft(&content.id).await? else { return Ok(None) };
        let problems = self.app.problems_of(&draft.body).await?;
        Ok(Some(DraftView::new(draft, problems, book)))
    }
}

/// What sends a content.
pub(super) fn users(content: &Content, book: &Playbook) -> Vec<Named> {
    let named = |id: &SopId| {
        let published = book.sops.get(id).and_then(|sop| sop.versions.get(&sop.header.published?));
        let name = published.map_or_else(|| id.to_string(), |version| version.document.name.clone());
        Named { id: id.to_string(), name }
    };
    book.content_users(&content.id).iter().map(named).collect()
}

fn staff(userid: &domain::StaffId, book: &Playbook) -> Named {
    let name = book.staff.get(userid).map_or_else(|| userid.to_string(), |staff| staff.name.clone());
    Named { id: userid.to_string(), name }
}
