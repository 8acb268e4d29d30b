//! What uses tags and stages.

use std::collections::BTreeSet;

use domain::{
    Playbook, SopId,
    playbook::{Named, TagUser},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Api,
    problem::{Code, Problem},
};

/// What uses a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = TagUser)]
pub(crate) struct User {
    kind: UserKind,
    id: String,
    name: String,
    /// Of a stage: its board.
    #[serde(skip_serializing_if = "Option::is_none")]
    board: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TagUserKind)]
enum UserKind {
    Stage,
    Rule,
    /// Its published version, or an older one that somebody is inside.
    Sop,
    /// The draft of an SOP.
    Draft,
}

impl User {
    pub(crate) fn new(user: &TagUser, book: &Playbook) -> Self {
        let (kind, id, name, board) = match user {
            TagUser::Stage { board, stage } => {
                let name = book.stage(board, stage).map(|(_, stage)| stage.name.clone());
                (UserKind::Stage, stage.to_string(), name, Some(board.to_string()))
            }
            TagUser::Rule(id) => {
                let rule = book.rules.iter().find(|rule| rule.id == *id);
                (UserKind::Rule, id.to_string(), rule.map(|rule| rule.name.clone()), None)
            }
            TagUser::Sop(id) => {
                let published = book.sops.get(id).and_then(|sop| sop.versions.get(&sop.header.published?));
                let name = published.map(|version| version.document.name.clone());
                (UserKind::Sop, id.to_string(), name, None)
            }
        };
        Self { kind, name: name.unwrap_or_else(|| id.clone()), id, board }
    }

    fn draft(id: &SopId, book: &Playbook) -> Self {
        Self { kind: UserKind::Draft, ..Self::new(&TagUser::Sop(id.clone()), book) }
    }
}

impl Api {
    /// Whoever would miss some tags or stages: what the playbook tells, SOPs of which somebody is inside an older version,
    /// and drafts of others.
    pub(crate) async fn users_of(&self, gone: &Named) -> Result<Vec<User>, Problem> {
        let book = self.app.playbook().await?;
        let by_tag = book.tag_users();
        let mut found: BTreeSet<TagUser> =
            gone.tags.iter().filter_map(|tag| by_tag.get(tag)).flatten().cloned().collect();
        for at in &gone.stages {
            found.extend(book.stage_users(at));
        }
        // It is not in its own way.
        let itself = |user: &TagUser| match user {
            TagUser::Stage { board, stage } => {
                gone.stages.iter().any(|at| at.board == *board && at.stage == *stage)
            }
            TagUser::Rule(_) | TagUser::Sop(_) => false,
        };
        found.retain(|user| !itself(user));
        found.extend(self.app.lived_in_with(gone).await?.into_iter().map(TagUser::Sop));
        let drafts = self.app.drafts_with(gone).await?;
        let drafts = drafts.iter().filter(|sop| !found.contains(&TagUser::Sop((*sop).clone())));
        let drafts: Vec<User> = drafts.map(|sop| User::draft(sop, &book)).collect();
        Ok(found.iter().map(|user| User::new(user, &book)).chain(drafts).collect())
    }
}

/// 409 with whoever uses it.
pub(crate) fn refuse_used(users: &[User], detail: &str) -> Result<(), Problem> {
    if users.is_empty() {
        return Ok(());
    }
    Err(Problem::new(Code::InUse, detail).with("used_by", users))
}
