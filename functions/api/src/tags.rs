//! Corp tags by group, as WeCom has them.

use axum::extract::State;
use domain::{
    Playbook,
    playbook::{Tag, TagGroup},
};
use serde::Serialize;

use crate::{
    Api,
    answer::{Answer, Outcome},
    page::{List, ListQuery, Params},
};

/// ```json
/// {"id": "etg1", "name": "购车阶段", "order": 0, "ours": true, "board": "cars",
///  "tags": [{"id": "et1", "name": "到店", "order": 998, "stage": "visit"}]}
/// ```
#[derive(Clone, Debug, Serialize)]
pub(crate) struct GroupView {
    id: String,
    name: String,
    order: u32,
    /// Made by Stepwise.
    ours: bool,
    /// The board whose stages its tags are.
    board: Option<String>,
    tags: Vec<TagView>,
}

#[derive(Clone, Debug, Serialize)]
struct TagView {
    id: String,
    name: String,
    order: u32,
    /// The stage that it stands for.
    stage: Option<String>,
}

/// `GET tags`: what was deleted in WeCom is left out; larger orders first, as WeCom sorts.
pub(crate) async fn list(
    State(api): State<Api>,
    Params(query): Params<ListQuery>,
) -> Outcome<List<GroupView>> {
    let book = api.app.playbook().await?;
    let mut groups: Vec<&TagGroup> = book.tags.groups().filter(|group| !group.deleted).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.order));
    let all = groups.into_iter().map(|group| view(group, &book)).collect();
    Ok(Answer::new(api.seal.slice("tags", &query, all, |group| group.id.clone())?))
}

fn view(group: &TagGroup, book: &Playbook) -> GroupView {
    let mut tags: Vec<&Tag> = group.tags.iter().filter(|tag| !tag.deleted).collect();
    tags.sort_by_key(|tag| std::cmp::Reverse(tag.order));
    let board = book.boards.values().find(|board| board.tag_group == group.id);
    let tag = |tag: &Tag| TagView {
        id: tag.id.to_string(),
        name: tag.name.clone(),
        order: tag.order,
        stage: book.stage_of_tag(&tag.id).map(|(_, stage)| stage.id.to_string()),
    };
    GroupView {
        id: group.id.to_string(),
        name: group.name.clone(),
        order: group.order,
        ours: group.ours,
        board: board.map(|board| board.id.to_string()),
        tags: tags.into_iter().map(tag).collect(),
    }
}
