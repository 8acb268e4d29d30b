//! Finding contents: by title, tag, group, and whether they are published.

use std::{cmp::Reverse, collections::BTreeMap};

use axum::extract::State;
use domain::{
    ContentGroupId, Playbook,
    content::{Content, Field},
    id::check_slug,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{reader::Reader, view::ContentView};
use crate::{
    Api,
    answer::{Answer, Outcome},
    auth::Caller,
    body::check_text,
    page::{List, ListQuery, Params},
    problem::Problem,
    schema,
};

/// Which contents.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Whose title begins so; case and full width do not matter.
    #[param(max_length = 60, example = "报价")]
    q: Option<String>,
    /// Whose title holds this at any place; case and full width do not matter.
    #[param(max_length = 60, example = "价单")]
    title_contains: Option<String>,
    /// With this tag.
    #[param(max_length = 20, example = "新品")]
    tag: Option<String>,
    /// In this group or one below it.
    #[param(value_type = Option<schema::Slug>)]
    group: Option<ContentGroupId>,
    /// Published or never published; absent: both.
    published: Option<bool>,
    /// Those that were put away, in place of the others.
    #[serde(default)]
    #[param(default = false, required = false)]
    archived: bool,
}

/// Where a content stands in a list.
#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Position {
    /// Groups around it, each by its order, name and id. Empty where groups do not matter.
    groups: Vec<(u32, String, String)>,
    has_no_order: bool,
    order: u32,
    title: String,
    id: String,
}

/// A tag of contents.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContentTag, example = json!({"tag": "新品", "contents": 12}))]
pub(crate) struct TagView {
    tag: String,
    /// How many contents that one sees have it, archived ones not counted.
    contents: usize,
}

/// The contents
///
/// In order of title; with `group` in order of the groups, and in each by `order` and then by title. Operators see what is
/// published and meant for them.
#[utoipa::path(get, path = "/contents", operation_id = "listContents", tag = "contents", params(Filter, ListQuery),
    responses((status = 200, description = "A page of contents", body = List<ContentView>)),
    extensions(("x-summary-zh" = json!("内容列表"))))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Params(filter): Params<Filter>,
    Params(query): Params<ListQuery>,
) -> Outcome<List<ContentView>> {
    filter.check()?;
    let book = api.app.playbook().await?;
    let reader = Reader::new(&caller, &book);
    let found = filter.among(&book, &reader);
    let by_hand = filter.group.is_some();
    let position = |content: &&Content| Position::of(content, &book, by_hand);
    let List { items, next_cursor } =
        api.seal.ordered(&format!("contents/{filter:?}"), &query, found, position)?;
    let items = items.into_iter().map(|content| ContentView::new(content, reader.writes())).collect();
    Ok(Answer::new(List { items, next_cursor }))
}

/// The tags of contents
///
/// Those in use, the most frequent first.
#[utoipa::path(get, path = "/contents/tags", operation_id = "listContentTags", tag = "contents", params(ListQuery),
    responses((status = 200, description = "A page of tags", body = List<TagView>)),
    extensions(("x-summary-zh" = json!("内容标签"))))]
pub(crate) async fn tags(
    State(api): State<Api>,
    caller: Caller,
    Params(query): Params<ListQuery>,
) -> Outcome<List<TagView>> {
    let book = api.app.playbook().await?;
    let reader = Reader::new(&caller, &book);
    let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
    let seen = book.contents.values().filter(|content| !content.archived && reader.sees(content));
    for tag in seen.flat_map(|content| &content.tags) {
        *counts.entry(tag).or_default() += 1;
    }
    let mut all: Vec<TagView> =
        counts.into_iter().map(|(tag, contents)| TagView { tag: tag.clone(), contents }).collect();
    let position = |tag: &TagView| (Reverse(tag.contents), tag.tag.clone());
    all.sort_by_cached_key(position);
    Ok(Answer::new(api.seal.ordered("contents/tags", &query, all, position)?))
}

impl Filter {
    fn check(&self) -> Result<(), Problem> {
        check_text(self.q.as_deref(), "/q", Field::Title.most())?;
        check_text(self.title_contains.as_deref(), "/title_contains", Field::Title.most())?;
        check_text(self.tag.as_deref(), "/tag", Field::Tag.most())?;
        match self.group.as_ref().map(|group| check_slug(group.as_str())) {
            Some(Err(bad)) => Err(Problem::field("/group", "bad_id", bad.to_string())),
            None | Some(Ok(())) => Ok(()),
        }
    }

    /// Those that pass, for this reader, in order.
    fn among<'a>(&self, book: &'a Playbook, reader: &Reader) -> Vec<&'a Content> {
        let groups = self.group.as_ref().map(|group| book.content_groups.walk(Some(group)));
        // Where each of the groups comes in the tree.
        let places: Option<BTreeMap<&ContentGroupId, usize>> =
            groups.map(|groups| groups.iter().zip(0..).map(|(group, place)| (&group.id, place)).collect());
        let place = |content: &Content| match (&places, &content.group) {
            (None, _) => Some(0),
            (Some(places), Some(group)) => places.get(group).copied(),
            (Some(_), None) => None,
        };
        let tag = self.tag.as_ref().map(|tag| tag.trim());
        let passes = |content: &&Content| {
            content.archived == self.archived
                && self.published.is_none_or(|published| content.published.is_some() == published)
                && tag.is_none_or(|tag| content.tags.contains(tag))
                && self.q.as_ref().is_none_or(|beginning| content.is_called(beginning))
                && self.title_contains.as_ref().is_none_or(|words| content.mentions(words))
                && reader.sees(content)
        };
        let passing = book.contents.values().filter(passes);
        let mut found: Vec<(usize, &Content)> =
            passing.filter_map(|content| Some((place(content)?, content))).collect();
        let by_hand = |content: &Content| {
            places.as_ref().map(|_| (content.order.is_none(), content.order.unwrap_or_default()))
        };
        found.sort_by(|(a_place, a), (b_place, b)| {
            let (left, right) = ((a_place, by_hand(a), &a.title), (b_place, by_hand(b), &b.title));
            left.cmp(&right).then_with(|| a.id.cmp(&b.id))
        });
        found.into_iter().map(|(_, content)| content).collect()
    }
}

impl Position {
    fn of(content: &Content, book: &Playbook, by_hand: bool) -> Self {
        let group = content.group.as_ref().filter(|_| by_hand);
        let order = content.order.filter(|_| by_hand);
        Self {
            groups: group.map(|group| book.content_groups.place(group)).unwrap_or_default(),
            has_no_order: by_hand && order.is_none(),
            order: order.unwrap_or_default(),
            title: content.title.clone(),
            id: content.id.to_string(),
        }
    }
}
