//! The audit: who changed what through the API, and from where; and what changed for staff in WeCom.

use std::collections::BTreeMap;

use app::Author;
use axum::extract::State;
use domain::{Actor, CustomerId, StaffId, Timestamp, playbook::Role};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{AuditEntry, AuditPlace, Audited, Cursor, JournalEntry};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api,
    answer::{Answer, Outcome},
    auth::{Area, Caller, needs},
    page::{List, ListQuery, Params, bad_cursor},
    problem::{FieldError, Problem},
    schema,
    timeline::{By, FactView, by, facts},
    view::{At, slug},
    words::Words,
};

/// So many entries are read for one page at most; where a filter passes over all of them, the page is empty and says
/// where to go on.
const MOST_READ: usize = 1_000;
/// Months without any entries cost a query each.
const MOST_QUERIES: usize = 40;
const ENTRIES_AT_ONCE: i32 = 200;
/// The store reads so many at once.
const JOURNAL_AT_ONCE: usize = 100;
/// How far back is read if nobody says.
const DAYS: i64 = 366;
/// Somebody's clock may be ahead of ours.
const AHEAD_MINUTES: i64 = 5;
const MAX_FILTER_CHARS: usize = 130;

impl Caller {
    /// As whoever changes the playbook.
    pub(crate) fn author(&self) -> Author {
        Author { actor: self.actor(), origin: Some(self.origin().clone()) }
    }
}

/// Which entries.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Not before this time, RFC 3339; default: a year back.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Before this time, RFC 3339; default: now.
    #[param(format = DateTime)]
    to: Option<String>,
    /// By this userid, or by the token or operator of this name.
    #[param(max_length = 130, example = "zhangsan")]
    who: Option<String>,
    /// An action such as `rule.put`, or all of a kind such as `rule`.
    #[param(max_length = 130, example = "rule")]
    action: Option<String>,
    /// A thing as `<kind>/<id>`, or all of a kind.
    #[param(max_length = 130, example = "rule/asks-price")]
    target: Option<String>,
}

/// A change that somebody made.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry, example = json!({"id": "1772413200000#4f2a90c1", "at": "2026-03-02T01:00:00Z",
    "by": {"who": "staff", "id": "zhangsan", "name": "张三"}, "via": "session", "credential": "9c1185a5c5e9",
    "ip": "203.0.113.7", "request_id": "8f14e45fceea167a5a36dedd4bea2543", "action": "rule.put",
    "target": {"kind": "rule", "id": "asks-price"}, "before": null,
    "after": {"document": {"id": "asks-price", "name": "问价格"}}, "entry": null, "text": null, "facts": []}))]
pub(crate) struct AuditView {
    id: String,
    at: At,
    by: By,
    /// `session`, `token` or `admin_token`; `wecom`: nobody asked, Stepwise found it there.
    via: String,
    /// The id of the token, or the beginning of the session's.
    credential: Option<String>,
    ip: Option<String>,
    /// As the answer had it in `X-Request-Id`; of what was found in WeCom, one for all that was found together.
    request_id: String,
    /// `<kind>.<verb>`
    action: String,
    target: TargetView,
    /// Null: it was not there. Of a customer always null: `facts` tell.
    before: Option<AuditedView>,
    /// Null: it is gone. Of a customer always null: `facts` tell.
    after: Option<AuditedView>,
    /// Of a customer: the entry of the timeline.
    #[schema(value_type = Option<schema::EntryId>)]
    entry: Option<String>,
    /// Of a customer: the headline of that entry.
    text: Option<String>,
    /// Of a customer: what followed.
    facts: Vec<FactView>,
}

/// What was changed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AuditTarget)]
pub(crate) struct TargetView {
    /// `customer`, `board`, `rule`, `sop`, `settings`, `staff`, …
    kind: String,
    /// Empty where there is one only.
    id: String,
}

/// A document before or after a change.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AuditedDocument)]
pub(crate) struct AuditedView {
    /// As it was kept; null: it was larger than 32 KiB.
    #[schema(value_type = Option<Object>)]
    document: Option<Value>,
    /// Of a larger one: SHA-256 of its JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sha256: Option<String>,
    /// Of a larger one: how large its JSON was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bytes: Option<usize>,
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    needs(Role::Admin, Area::Security, OpenApiRouter::new().routes(routes!(list)))
}

/// Who changed what, and from where
///
/// Newest first. Each change made through the API leaves one entry, written together with it, and so does each change
/// of a staff member or department that Stepwise finds in WeCom (`via` is `wecom`). One request reads a
/// bounded part of the audit: where the filter passes over much, a page has fewer entries than asked for, even none,
/// and still a `next_cursor`; the end is where there is none.
#[utoipa::path(get, path = "/audit", operation_id = "listAudit", tag = "audit", params(Filter, ListQuery),
    responses((status = 200, description = "A page of entries", body = List<AuditView>)),
    extensions(("x-summary-zh" = json!("审计记录"))))]
pub(crate) async fn list(
    State(api): State<Api>,
    Params(filter): Params<Filter>,
    Params(query): Params<ListQuery>,
) -> Outcome<List<AuditView>> {
    let now = api.app.clock.now();
    let (from, to) = filter.check(now)?;
    let list = filter.list();
    let window = api.seal.window(&list, &query)?;
    let begin = match &window.from {
        Some(cursor) => AuditPlace::parse(&cursor.0).ok_or_else(bad_cursor)?,
        None => AuditPlace::before(to),
    };
    let limit = usize::try_from(window.limit).unwrap_or_default();
    let (entries, next) = api.audit(&filter, from, begin, limit).await?;
    let journal = api.journal_of(&entries).await?;
    let book = api.app.playbook().await?;
    let words = Words::new(&book);
    let items = entries.iter().map(|entry| AuditView::new(entry, &journal, &words)).collect();
    let next = next.map(|place| Cursor(place.as_str().to_owned()));
    Ok(Answer::new(api.seal.page(&list, items, next.as_ref())))
}

type Journal = BTreeMap<(CustomerId, u64), JournalEntry>;

impl Api {
    /// Up to `limit` entries that the filter takes, and where to go on.
    async fn audit(
        &self,
        filter: &Filter,
        from: Timestamp,
        begin: AuditPlace,
        limit: usize,
    ) -> Result<(Vec<AuditEntry>, Option<AuditPlace>), Problem> {
        let (mut place, mut taken, mut read) = (begin, Vec::new(), 0);
        for _ in 0..MOST_QUERIES {
            let page = self.app.store.audit(from, &place, ENTRIES_AT_ONCE).await?;
            for (behind, entry) in page.items {
                read += 1;
                if filter.takes(&entry) {
                    taken.push(entry);
                }
                if taken.len() == limit || read == MOST_READ {
                    return Ok((taken, Some(behind)));
                }
            }
            match page.next {
                Some(next) => place = next,
                None => return Ok((taken, None)),
            }
        }
        Ok((taken, Some(place)))
    }

    /// What the journal tells of those entries that are about customers.
    async fn journal_of(&self, entries: &[AuditEntry]) -> Result<Journal, Problem> {
        let wanted = entries.iter().filter_map(journal_key).collect::<std::collections::BTreeSet<_>>();
        let wanted: Vec<_> = wanted.into_iter().collect();
        let mut found = Journal::new();
        for some in wanted.chunks(JOURNAL_AT_ONCE) {
            for (key, entry) in self.app.store.journal_entries(some).await? {
                found.insert(key, entry?);
            }
        }
        Ok(found)
    }
}

fn journal_key(entry: &AuditEntry) -> Option<(CustomerId, u64)> {
    entry.entry.map(|version| (CustomerId::from(entry.target.id.as_str()), version))
}

impl Filter {
    /// From when until when, or what is wrong.
    fn check(&self, now: Timestamp) -> Result<(Timestamp, Timestamp), Problem> {
        let mut errors = Vec::new();
        let mut time = |pointer: &str, text: Option<&String>| {
            let read = text.map(|text| Timestamp::parse_rfc3339(text));
            if read == Some(None) {
                errors.push(FieldError::new(
                    pointer,
                    "bad_time",
                    "a time is written 2026-03-02T09:00:00+08:00",
                ));
            }
            read.flatten()
        };
        let (from, to) = (time("/from", self.from.as_ref()), time("/to", self.to.as_ref()));
        for (pointer, text) in [("/who", &self.who), ("/action", &self.action), ("/target", &self.target)] {
            if text.as_ref().is_some_and(|text| text.chars().count() > MAX_FILTER_CHARS) {
                let message = format!("at most {MAX_FILTER_CHARS} characters");
                errors.push(FieldError::new(pointer, "bad_length", message));
            }
        }
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        let latest = now.plus_mins(AHEAD_MINUTES);
        let to = to.map_or(latest, |to| to.min(latest));
        Ok((from.unwrap_or(to.plus_days(-DAYS)), to))
    }

    /// The name of the list that it makes, for cursors.
    fn list(&self) -> String {
        let Self { from, to, who, action, target } = self;
        format!("audit/{:?}", [from, to, who, action, target])
    }

    fn takes(&self, entry: &AuditEntry) -> bool {
        let by = |who: &String| match &entry.by {
            Actor::Staff { userid } => userid == &StaffId::from(who.as_str()),
            other => &other.label() == who,
        };
        let within = |wanted: &String, whole: &str, mark: char| {
            whole.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(mark))
        };
        let target = format!("{}/{}", entry.target.kind, entry.target.id);
        self.who.as_ref().is_none_or(by)
            && self.action.as_ref().is_none_or(|wanted| within(wanted, &entry.action, '.'))
            && self.target.as_ref().is_none_or(|wanted| within(wanted, &target, '/'))
    }
}

impl AuditView {
    fn new(entry: &AuditEntry, journal: &Journal, words: &Words<'_>) -> Self {
        let told = journal_key(entry).and_then(|key| journal.get(&key));
        Self {
            id: entry.id(),
            at: At(entry.at),
            by: by(&entry.by, words),
            via: slug(entry.origin.via),
            credential: entry.origin.credential.clone(),
            ip: entry.origin.ip.clone(),
            request_id: entry.origin.request_id.clone(),
            action: entry.action.clone(),
            target: TargetView { kind: entry.target.kind.clone(), id: entry.target.id.clone() },
            before: entry.before.as_ref().map(AuditedView::from),
            after: entry.after.as_ref().map(AuditedView::from),
            entry: entry.entry.map(|version| format!("{}#{version}", entry.target.id)),
            text: told.map(|told| words.happening(&told.signal)),
            facts: told.map(|told| facts(told, words)).unwrap_or_default(),
        }
    }
}

impl From<&Audited> for AuditedView {
    fn from(audited: &Audited) -> Self {
        match audited {
            Audited::Document(document) => {
                Self { document: Some(document.clone()), sha256: None, bytes: None }
            }
            Audited::Digest { sha256, bytes } => {
                Self { document: None, sha256: Some(sha256.clone()), bytes: Some(*bytes) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use app::{Origin, Via};
    use store::Target;

    use super::*;

    fn entry(by: Actor, action: &str, target: (&str, &str)) -> AuditEntry {
        AuditEntry {
            unique: "u".into(),
            at: Timestamp::from_secs(0),
            by,
            origin: Origin { via: Via::AdminToken, credential: None, ip: None, request_id: "r".into() },
            action: action.into(),
            target: Target { kind: target.0.into(), id: target.1.into() },
            before: None,
            after: None,
            entry: None,
        }
    }

    #[test]
    fn a_filter_takes_whole_names_and_whole_kinds() {
        let entry = entry(Actor::Staff { userid: "zhang".into() }, "rule.put", ("rule", "asks-price"));
        let takes = |who: &str, action: &str, target: &str| {
            let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            Filter { who: given(who), action: given(action), target: given(target), ..Filter::default() }
                .takes(&entry)
        };
        for (who, action, target) in
            [("", "", ""), ("Zhang", "rule", "rule"), ("zhang", "rule.put", "rule/asks-price")]
        {
            assert!(takes(who, action, target), "{who} {action} {target}");
        }
        for (who, action, target) in
            [("zhan", "", ""), ("", "rul", ""), ("", "rule.pu", ""), ("", "", "rule/asks"), ("", "", "sop")]
        {
            assert!(!takes(who, action, target), "{who} {action} {target}");
        }
    }

    #[test]
    fn another_filter_is_another_list() {
        let one = Filter { who: Some("a".into()), ..Filter::default() };
        let other = Filter { action: Some("a".into()), ..Filter::default() };
        assert_ne!(one.list(), other.list());
    }
}
