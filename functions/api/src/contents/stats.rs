//! What contents are good for: how often they were sent, saved from being sent again, and opened. Read from counters alone.

use std::{cmp::Reverse, collections::BTreeMap};

use axum::extract::{Path, State};
use domain::{ContentId, Timestamp, file::Route};
use serde::{Deserialize, Serialize};
use store::Counter;
use utoipa::{IntoParams, ToSchema};

use crate::{
    Api,
    answer::{Answer, Outcome},
    auth::Caller,
    page::{List, ListQuery, Params},
    problem::Problem,
    schema,
    view::At,
    words::Words,
};

/// Numbers of a content or of one of its editions. `definitions` says what each of them is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ContentNumbers, example = json!({"sent": 31, "sent_by": {"welcome": 4, "task": 20, "manual": 7}, "again": 2,
    "spared": 12, "openings": 19, "opened": 15, "anonymous_openings": 3}))]
pub(crate) struct Numbers {
    sent: i64,
    sent_by: SentBy,
    again: i64,
    spared: i64,
    openings: i64,
    opened: i64,
    anonymous_openings: i64,
}

/// Sendings by the way that they went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SentBy)]
struct SentBy {
    /// As the greeting of a new friend.
    welcome: i64,
    /// As a task of an SOP.
    task: i64,
    /// By staff of their own choice.
    manual: i64,
}

/// What one number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = NumberDefinition)]
pub(crate) struct Definition {
    /// The field that it explains.
    name: &'static str,
    zh: &'static str,
    en: &'static str,
}

const fn is(name: &'static str, zh: &'static str, en: &'static str) -> Definition {
    Definition { name, zh, en }
}

/// What each number is.
const DEFINITIONS: [Definition; 7] = [
    is(
        "sent",
        "发送次数：客户通过欢迎语、SOP 待办或员工自选收到该内容的总次数，同一客户多次收到会多次计入。",
        "How often customers got it: by welcome, SOP task or staff's own choice; each time counts.",
    ),
    is(
        "sent_by",
        "按途径的发送次数：欢迎语、SOP 待办、员工自选，三者之和即发送次数。",
        "The same by the way that it went; the three add up to `sent`.",
    ),
    is(
        "again",
        "重复发送：发送时客户已经收到过该版（或更新的一版），包含在发送次数中；按近 90 天的记录判断，每位客户最多记录 300 份内容，只收到部分附件的不算收到过。",
        "Sendings to customers who had had this edition, or a later one, whole, as far as is remembered: for 90 days, \
         longer where an SOP looks further back, and of 300 contents for each customer; part of `sent`.",
    ),
    is(
        "spared",
        "节省的发送：因客户已收到过该版内容，SOP 未再重复发送的次数。",
        "Waste saved: SOP sends skipped because the customer had had that edition.",
    ),
    is(
        "openings",
        "打开次数：能确认是哪位客户的链接打开次数，半小时内多次打开计一次。",
        "Openings of its links by known customers; several within half an hour count once.",
    ),
    is(
        "opened",
        "打开人数：首次打开该版链接的客户数；按近 90 天的收到记录判断，更早收到的客户再次收到并打开时会重新计入，收到新版后再打开旧版链接不计入。",
        "Customers who opened one of its links for the first time, as far as is remembered that they have had this \
         edition (see `again`): who is sent it anew after that counts anew. Links of an edition before the one that \
         they had last do not count.",
    ),
    is(
        "anonymous_openings",
        "匿名打开：无法确认是哪位客户的链接打开次数，不计入打开次数。",
        "Openings by whoever it was: nobody knows which customer; not part of `openings`.",
    ),
];

/// How one content does.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContentStats)]
pub(crate) struct Stats {
    #[schema(value_type = schema::Slug)]
    id: String,
    title: String,
    /// All editions together.
    total: Numbers,
    /// Each edition that there are numbers of, the last first.
    editions: Vec<EditionStats>,
    /// The numbers are as of then; they follow what happens within seconds.
    as_of: At,
    /// What each number is.
    definitions: Vec<Definition>,
}

/// How one edition does.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EditionStats)]
struct EditionStats {
    edition: u32,
    #[serde(flatten)]
    numbers: Numbers,
}

/// A content in the ranking.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RankedContent)]
pub(crate) struct Ranked {
    #[schema(value_type = schema::Slug)]
    id: String,
    title: String,
    #[serde(flatten)]
    numbers: Numbers,
}

/// Contents by one number.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContentRanking)]
pub(crate) struct Ranking {
    /// Those with the most first.
    items: Vec<Ranked>,
    next_cursor: Option<String>,
    /// All contents together.
    total: Numbers,
    /// The numbers are as of then; they follow what happens within seconds.
    as_of: At,
    /// What each number is.
    definitions: Vec<Definition>,
}

/// By which number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    #[default]
    Sent,
    Opened,
    Spared,
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Order {
    /// The number that they are ordered by.
    #[serde(default)]
    #[param(inline, required = false, default = "sent")]
    by: By,
}

type Counted = BTreeMap<ContentId, BTreeMap<u32, Numbers>>;

/// How a content does
///
/// For each edition and in sum: how often it was sent on which way, how often sending it again was saved, how often its links
/// were opened. For whoever sees the content.
#[utoipa::path(get, path = "/contents/{id}/stats", operation_id = "readContentStats", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The content")),
    responses((status = 200, description = "Its numbers", body = Stats), (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("内容效果"))))]
pub(crate) async fn read(State(api): State<Api>, Path(id): Path<String>, caller: Caller) -> Outcome<Stats> {
    let book = api.app.playbook().await?;
    let content = api.content(&id, &book, &caller)?;
    let (mut counted, as_of) = api.content_numbers(&format!("content#{}#", content.id)).await?;
    let editions = counted.remove(&content.id).unwrap_or_default();
    Ok(Answer::new(Stats {
        id: content.id.to_string(),
        title: content.title.clone(),
        total: editions.values().copied().sum(),
        editions: editions
            .into_iter()
            .rev()
            .map(|(edition, numbers)| EditionStats { edition, numbers })
            .collect(),
        as_of: At(as_of),
        definitions: DEFINITIONS.to_vec(),
    }))
}

/// How all contents do
///
/// Those that were sent, opened or saved most come first; contents without any numbers are left out. For managers.
#[utoipa::path(get, path = "/content-stats", operation_id = "listContentStats", tag = "contents", params(Order, ListQuery),
    responses((status = 200, description = "A page of contents", body = Ranking)),
    extensions(("x-summary-zh" = json!("内容效果排行")), ("x-problems" = json!(["bad_cursor"]))))]
pub(crate) async fn list(
    State(api): State<Api>,
    Params(order): Params<Order>,
    Params(query): Params<ListQuery>,
) -> Outcome<Ranking> {
    let book = api.app.playbook().await?;
    let words = Words::new(&book);
    let (counted, as_of) = api.content_numbers("content#").await?;
    let ranked = counted.into_iter().map(|(id, editions)| Ranked {
        title: words.content(&id),
        id: id.to_string(),
        numbers: editions.into_values().sum(),
    });
    let mut ranked: Vec<Ranked> = ranked.collect();
    ranked.sort_by_key(|ranked| Reverse(order.by.of(&ranked.numbers)));
    let total = ranked.iter().map(|ranked| ranked.numbers).sum();
    let list = format!("content-stats/{:?}", order.by);
    let List { items, next_cursor } = api.seal.slice(&list, &query, ranked, |ranked| ranked.id.clone())?;
    Ok(Answer::new(Ranking {
        items,
        next_cursor,
        total,
        as_of: At(as_of),
        definitions: DEFINITIONS.to_vec(),
    }))
}

impl By {
    const fn of(self, numbers: &Numbers) -> i64 {
        match self {
            Self::Sent => numbers.sent,
            Self::Opened => numbers.opened,
            Self::Spared => numbers.spared,
        }
    }
}

impl Numbers {
    /// Adds a counter, by its name behind the edition.
    fn add(&mut self, name: &str, value: i64) {
        match name {
            "again" => self.again += value,
            "spared" => self.spared += value,
            "openings" => self.openings += value,
            "opened" => self.opened += value,
            // One of several: openings come many at a time.
            part if part == "anonymous" || part.starts_with("anonymous#") => self.anonymous_openings += value,
            sent => {
                let by = match sent.strip_prefix("sent#") {
                    Some(route) if route == Route::Welcome.name() => &mut self.sent_by.welcome,
                    Some(route) if route == Route::Task.name() => &mut self.sent_by.task,
                    Some(route) if route == Route::Manual.name() => &mut self.sent_by.manual,
                    _ => return,
                };
                *by += value;
                self.sent += value;
            }
        }
    }
}

impl std::iter::Sum for Numbers {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, some| Self {
            sent: sum.sent + some.sent,
            sent_by: SentBy {
                welcome: sum.sent_by.welcome + some.sent_by.welcome,
                task: sum.sent_by.task + some.sent_by.task,
                manual: sum.sent_by.manual + some.sent_by.manual,
            },
            again: sum.again + some.again,
            spared: sum.spared + some.spared,
            openings: sum.openings + some.openings,
            opened: sum.opened + some.opened,
            anonymous_openings: sum.anonymous_openings + some.anonymous_openings,
        })
    }
}

/// `content#<content>#<edition>#<what>`
fn numbers(counters: Vec<Counter>) -> Counted {
    let mut counted = Counted::new();
    for Counter { name, value, .. } in counters {
        let mut parts = name.splitn(4, '#').skip(1);
        let (Some(id), Some(edition), Some(what)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        if let Ok(edition) = edition.parse() {
            counted.entry(id.into()).or_default().entry(edition).or_default().add(what, value);
        }
    }
    counted
}

impl Api {
    /// The numbers whose counters begin so, and until when everything is in them.
    async fn content_numbers(&self, prefix: &str) -> Result<(Counted, Timestamp), Problem> {
        // Asked before: what is counted in between does no harm, what is not yet would.
        let as_of = self.counted_until().await?;
        Ok((numbers(self.app.store.counters(prefix).await?), as_of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter(name: &str, value: i64) -> Counter {
        Counter { name: name.to_owned(), value, at: None }
    }

    #[test]
    fn numbers_belong_to_their_edition_and_add_up() {
        let counted = numbers(vec![
            counter("content#case-a#1#sent#task", 3),
            counter("content#case-a#1#sent#welcome", 2),
            counter("content#case-a#2#sent#manual", 4),
            counter("content#case-a#2#again", 1),
            counter("content#case-a#2#spared", 5),
            counter("content#case-b#1#openings", 7),
            counter("content#case-b#1#opened", 6),
            counter("content#case-b#1#anonymous", 2),
            counter("content#case-b#1#anonymous#0", 3),
            counter("content#case-b#1#anonymous#f", 4),
            counter("content#case-b#1#of-a-later-time", 9),
        ]);
        let a = &counted[&"case-a".into()];
        assert_eq!(a[&1].sent_by, SentBy { welcome: 2, task: 3, manual: 0 });
        let sum: Numbers = a.values().copied().sum();
        assert_eq!((sum.sent, sum.again, sum.spared), (9, 1, 5));
        let b = counted[&"case-b".into()][&1];
        assert_eq!((b.openings, b.opened, b.anonymous_openings, b.sent), (7, 6, 9, 0));
    }

    #[test]
    fn every_number_is_defined() {
        let shown = serde_json::to_value(Numbers::default()).unwrap();
        let mut fields: Vec<&str> = shown.as_object().unwrap().keys().map(String::as_str).collect();
        let mut defined: Vec<&str> = DEFINITIONS.iter().map(|definition| definition.name).collect();
        fields.sort_unstable();
        defined.sort_unstable();
        assert_eq!(fields, defined);
    }
}
