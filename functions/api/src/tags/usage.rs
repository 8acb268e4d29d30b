//! What tags are good for: how many customers have them, and what uses them.

use std::collections::BTreeMap;

use axum::extract::State;
use domain::{
    Playbook, Timestamp,
    playbook::{Tag, TagGroup, TagUser},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Api,
    answer::{Answer, Outcome},
    page::{List, ListQuery, Params},
    view::{At, Named},
};

/// How a tag is used.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "et1", "name": "到店", "group": {"id": "etg1", "name": "购车阶段"}, "customers": 12,
    "put": 31, "never_used": false, "as_of": "2026-03-05T01:00:00Z",
    "used_by": [{"kind": "stage", "id": "visit", "name": "到店", "board": "cars"}]}))]
pub(crate) struct TagUsage {
    id: String,
    name: String,
    group: Named,
    /// Customers who have it, as far as Stepwise knows them.
    customers: i64,
    /// How often it was ever put on, an import included.
    put: i64,
    /// No customer ever had it, and nothing uses it.
    never_used: bool,
    /// Stages, rules, and SOPs in their published version.
    used_by: Vec<User>,
    /// The counts are as of then; they follow a change within seconds.
    as_of: At,
}

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
    Sop,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Only tags that no customer has and nothing uses.
    #[serde(default)]
    #[param(default = false, required = false)]
    unused: bool,
}

/// How tags are used
///
/// All tags that there are, group by group as in the list of tags: how many customers have each, and which stages, rules
/// and SOPs use it.
#[utoipa::path(get, path = "/tags/usage", operation_id = "listTagUsage", tag = "tags", params(Which, ListQuery),
    responses((status = 200, description = "A page of tags", body = List<TagUsage>)),
    extensions(("x-summary-zh" = json!("标签使用报告"))))]
pub(crate) async fn read(
    State(api): State<Api>,
    Params(which): Params<Which>,
    Params(query): Params<ListQuery>,
) -> Outcome<List<TagUsage>> {
    let book = api.app.playbook().await?;
    let counters = api.app.store.counters("tag#").await?;
    let counts = counters.into_iter().map(|counter| (counter.name, counter.value)).collect();
    let mut all = report(&book, &counts, api.app.clock.now());
    all.retain(|tag| !which.unused || (tag.customers == 0 && tag.used_by.is_empty()));
    let list = if which.unused { "tags/usage/unused" } else { "tags/usage" };
    Ok(Answer::new(api.seal.slice(list, &query, all, |tag| tag.id.clone())?))
}

fn report(book: &Playbook, counts: &BTreeMap<String, i64>, now: Timestamp) -> Vec<TagUsage> {
    let users = book.tag_users();
    let usage = |group: &TagGroup, tag: &Tag| {
        let count = |name: String| counts.get(&name).copied().unwrap_or(0).max(0);
        let put = count(format!("tag#{}#put", tag.id));
        let used_by = users.get(&tag.id).into_iter().flatten().map(|user| User::new(user, book));
        let used_by: Vec<User> = used_by.collect();
        TagUsage {
            id: tag.id.to_string(),
            name: tag.name.clone(),
            group: Named { id: group.id.to_string(), name: group.name.clone() },
            customers: count(format!("tag#{}", tag.id)),
            put,
            never_used: put == 0 && used_by.is_empty(),
            used_by,
            as_of: At(now),
        }
    };
    super::in_order(book)
        .into_iter()
        .flat_map(|group| super::tags_in_order(group).into_iter().map(move |tag| (group, tag)))
        .map(|(group, tag)| usage(group, tag))
        .collect()
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
}
