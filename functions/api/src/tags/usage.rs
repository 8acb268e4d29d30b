//! What tags are good for: how many customers have them, and what uses them.

use std::collections::BTreeMap;

use axum::extract::State;
use domain::{
    Playbook, TagId, Timestamp,
    playbook::{Tag, TagGroup},
};
use serde::{Deserialize, Serialize};
use store::Counter;
use utoipa::{IntoParams, ToSchema};

use crate::{
    Api,
    answer::{Answer, Outcome},
    page::{List, ListQuery, Params},
    problem::Problem,
    view::{At, Named},
};

use super::users::User;

const MAX_DAYS: i64 = 3650;

/// How a tag is used.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "et1", "name": "到店", "group": {"id": "etg1", "name": "购车阶段"}, "customers": 12, "never_segmented": false,
    "put": 31, "last_put_at": "2026-03-04T09:30:00Z", "never_used": false, "deleted": false, "as_of": "2026-03-05T01:00:00Z",
    "used_by": [{"kind": "stage", "id": "visit", "name": "到店", "board": "cars"}]}))]
pub(crate) struct TagUsage {
    id: String,
    name: String,
    group: Named,
    /// Customers who have it, as far as Stepwise knows them.
    customers: i64,
    /// How often it was put on since Stepwise looks; what an import found is not in it.
    put: i64,
    /// When it was last put on, as it was counted, seconds late; null: never since Stepwise looks.
    last_put_at: Option<At>,
    /// No customer has it, it was never put on since Stepwise looks, and nothing uses it.
    never_used: bool,
    /// No rule, SOP or board uses it.
    never_segmented: bool,
    /// It was deleted in WeCom, and something still waits for it.
    deleted: bool,
    /// Stages, rules, and SOPs in their published version.
    used_by: Vec<User>,
    /// The counts are as of then; they follow a change within seconds.
    as_of: At,
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Only tags that no customer has and nothing uses.
    #[serde(default)]
    #[param(default = false, required = false)]
    unused: bool,
    /// Only tags that nobody put on for so many days. Of one that was never put on since Stepwise looks `last_put_at` is
    /// null: nobody knows since when.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 3650)]
    unused_days: Option<String>,
    /// Only tags that no rule, SOP or board uses.
    #[serde(default)]
    #[param(default = false, required = false)]
    never_segmented: bool,
}

/// How tags are used
///
/// All tags that there are, group by group as in the list of tags: how many customers have each, when it was last put on,
/// and which stages, rules and SOPs use it. Behind them come deleted ones that something still waits for.
#[utoipa::path(get, path = "/tags/usage", operation_id = "listTagUsage", tag = "tags", params(Which, ListQuery),
    responses((status = 200, description = "A page of tags", body = List<TagUsage>)),
    extensions(("x-summary-zh" = json!("标签使用报告"))))]
pub(crate) async fn read(
    State(api): State<Api>,
    Params(which): Params<Which>,
    Params(query): Params<ListQuery>,
) -> Outcome<List<TagUsage>> {
    let book = api.app.playbook().await?;
    let now = api.app.clock.now();
    let idle_since = which.idle_since(now)?;
    let counters = api.app.store.counters("tag#").await?;
    let counters = counters.into_iter().map(|counter| (counter.name.clone(), counter)).collect();
    let mut all = report(&book, &counters, now);
    let is_idle = |tag: &TagUsage| {
        idle_since.is_none_or(|since| tag.last_put_at.as_ref().is_none_or(|last| last.0 < since))
    };
    all.retain(|tag| {
        (!which.unused || (tag.customers == 0 && tag.used_by.is_empty()))
            && (!which.never_segmented || tag.never_segmented)
            && is_idle(tag)
    });
    let list = format!("tags/usage/{which:?}");
    let mut page = api.seal.slice(&list, &query, all, |tag| tag.id.clone())?;
    // Counts began with Stepwise, and may be younger than what they count: who has a tag the index knows.
    for tag in page.items.iter_mut().filter(|tag| tag.customers == 0 && !tag.deleted) {
        if api.app.has_customers(&TagId::from(tag.id.as_str())).await? {
            tag.customers = 1;
            tag.never_used = false;
        }
    }
    page.items.retain(|tag| !which.unused || tag.customers == 0);
    Ok(Answer::new(page))
}

impl Which {
    fn idle_since(&self, now: Timestamp) -> Result<Option<Timestamp>, Problem> {
        let Some(days) = &self.unused_days else { return Ok(None) };
        let days = days.parse().ok().filter(|days| (1..=MAX_DAYS).contains(days));
        let days = days.ok_or_else(|| {
            Problem::field("/unused_days", "out_of_range", format!("a number of days from 1 to {MAX_DAYS}"))
        })?;
        Ok(Some(now.plus_days(-days)))
    }
}

fn report(book: &Playbook, counters: &BTreeMap<String, Counter>, now: Timestamp) -> Vec<TagUsage> {
    let users = book.tag_users();
    let usage = |group: &TagGroup, tag: &Tag| {
        let count = |name: &str| counters.get(name).map_or(0, |counter| counter.value).max(0);
        let put_name = format!("tag#{}#put", tag.id);
        let (put, customers) = (count(&put_name), count(&format!("tag#{}", tag.id)));
        let used_by = users.get(&tag.id).into_iter().flatten().map(|user| User::new(user, book));
        let used_by: Vec<User> = used_by.collect();
        TagUsage {
            id: tag.id.to_string(),
            name: tag.name.clone(),
            group: Named { id: group.id.to_string(), name: group.name.clone() },
            customers,
            put,
            last_put_at: counters.get(&put_name).and_then(|counter| counter.at).map(At),
            never_used: put == 0 && customers == 0 && used_by.is_empty(),
            never_segmented: used_by.is_empty(),
            deleted: tag.deleted || group.deleted,
            used_by,
            as_of: At(now),
        }
    };
    let live = super::in_order(book)
        .into_iter()
        .flat_map(|group| super::tags_in_order(group).into_iter().map(move |tag| (group, tag)));
    let dead = users.keys().filter(|tag| book.tags.is_deleted(tag)).filter_map(|tag| book.tags.tag(tag));
    live.chain(dead).map(|(group, tag)| usage(group, tag)).collect()
}
