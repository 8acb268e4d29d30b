//! The timeline: the journal in sentences, each fact with its cause.

use axum::extract::{Path, State};
use domain::{
    Actor, CustomerId, Fact, File, Happening, Playbook, Signal, Timestamp, What, content::SentContent, react,
};
use serde::Serialize;
use store::JournalEntry;
use utoipa::ToSchema;

use crate::{
    Api, address,
    answer::{Answer, Outcome},
    auth::Caller,
    page::{List, ListQuery, Params},
    parts::SentView,
    schema,
    view::{At, tag_of},
    words::Words,
};

/// Something that happened to a customer, and what followed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TimelineEntry, example = json!({"id": "wmDemoChenJie0001#7", "at": "2026-03-05T01:00:00Z",
    "recorded_at": "2026-03-05T01:00:01Z", "kind": "message_received", "text": "客户给张伟发来消息",
    "by": {"who": "customer", "id": null, "name": "客户"},
    "facts": [{"kind": "message_received", "text": "客户给张伟发来消息", "because": null, "content": null},
              {"kind": "rule_fired", "text": "规则「问价格」命中“多少钱”", "because": null, "content": null},
              {"kind": "moved", "text": "商机阶段：客户线索 → 在线初步沟通（汽车销售）", "because": 1, "content": null}],
    "undoable": true}))]
pub(crate) struct Entry {
    #[schema(value_type = schema::EntryId)]
    id: String,
    /// When it happened.
    at: At,
    /// When Stepwise heard of it and decided.
    recorded_at: At,
    #[schema(value_type = schema::HappeningKind)]
    kind: String,
    /// A sentence.
    text: String,
    by: By,
    facts: Vec<FactView>,
    /// Would an undo take anything back, as things stand now?
    undoable: bool,
}

/// Who did something.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Actor)]
pub(crate) struct By {
    #[schema(value_type = schema::ActorKind)]
    who: String,
    /// The userid, or the operator's name.
    id: Option<String>,
    name: String,
}

/// Something that followed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Fact)]
pub(crate) struct FactView {
    #[schema(value_type = schema::FactKind)]
    kind: String,
    /// A sentence.
    text: String,
    /// Place of the fact of this entry that caused it; null: the happening itself.
    because: Option<u16>,
    /// The content of the library that it is about; null: none.
    content: Option<SentView>,
}

/// A customer's timeline
///
/// What happened and what followed, newest first. Texts of messages are not kept; what a colleague wrote when they
/// dropped a task is left out.
#[utoipa::path(get, path = "/customers/{id}/timeline", operation_id = "readTimeline", tag = "customers",
    params(("id" = schema::CustomerId, Path, description = "The customer"), ListQuery),
    responses((status = 200, description = "A page of entries", body = List<Entry>),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("客户动态"))))]
pub(crate) async fn read(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Params(query): Params<ListQuery>,
) -> Outcome<List<Entry>> {
    let customer = address::customer(&id)?;
    let list = format!("timeline/{customer}");
    let window = api.seal.window(&list, &query)?;
    let file = api.file(&caller, &customer).await?;
    let mut page = api.app.store.timeline(&customer, window.limit, window.from.as_ref()).await?;
    api.hide_notes_in_entries(&caller, &customer, &mut page.items).await?;
    let book = api.app.playbook().await?;
    let (words, now) = (Words::new(&book), api.app.clock.now().max(file.committed_at));
    let items = page.items.iter().map(|entry| Entry {
        undoable: is_undoable(&file, entry, &book, now),
        ..Entry::new(&customer, entry, &words)
    });
    Ok(Answer::new(api.seal.page(&list, items.collect(), page.next.as_ref())))
}

impl Entry {
    fn new(customer: &CustomerId, entry: &JournalEntry, words: &Words<'_>) -> Self {
        Self {
            id: format!("{customer}#{}", entry.version),
            at: At(entry.signal.at),
            recorded_at: At(entry.at),
            kind: tag_of(&entry.signal.what, "what"),
            text: words.happening(&entry.signal),
            by: by(&entry.signal.by, words),
            facts: facts(entry, words),
            undoable: false,
        }
    }
}

/// Who did something, with the name that people know.
pub(crate) fn by(actor: &Actor, words: &Words<'_>) -> By {
    let id = match actor {
        Actor::Staff { userid } => Some(userid.to_string()),
        Actor::Operator { name } => Some(name.clone()),
        Actor::Customer | Actor::Stepwise => None,
    };
    By { who: tag_of(actor, "who"), id, name: words.actor(actor) }
}

/// What followed, in sentences.
pub(crate) fn facts(entry: &JournalEntry, words: &Words<'_>) -> Vec<FactView> {
    let view = |fact: &Fact| FactView {
        kind: words.kind(&fact.what),
        text: words.fact(&fact.what),
        because: fact.because,
        content: content_of(&fact.what).map(|content| SentView::new(content, words)),
    };
    entry.facts.iter().map(view).collect()
}

const fn content_of(what: &What) -> Option<&SentContent> {
    match what {
        What::Exposed { content, .. } | What::Spared { content, .. } | What::LinkOpened { content, .. } => {
            Some(content)
        }
        _ => None,
    }
}

/// Asks the one function that decides: nothing else can say what an undo would find today.
fn is_undoable(file: &File, entry: &JournalEntry, book: &Playbook, now: Timestamp) -> bool {
    let may_be = entry.facts.iter().any(|fact| {
        matches!(
            fact.what,
            What::Moved { .. }
                | What::Tagged { .. }
                | What::Untagged { .. }
                | What::TagExpiryChanged { .. }
                | What::OwnerAssigned { .. }
                | What::Exited { .. }
                | What::Enrolled { .. }
        )
    });
    if !may_be || now > entry.at.plus_days(1) {
        return false;
    }
    let what = Happening::Undo { version: entry.version, decided_at: entry.at, facts: entry.facts.clone() };
    let signal = Signal { id: "undoable?".into(), at: now, by: Actor::Stepwise, what };
    let reaction = react(&file.id, Some(file), &signal, book, now);
    reaction.facts.iter().any(|fact| matches!(fact.what, What::Undone { .. }))
}

#[cfg(test)]
mod tests {
    use domain::{HeldTag, Origin, Relation};

    use super::*;

    fn tagged() -> (File, JournalEntry) {
        let at = Timestamp::from_secs(1_700_000_000);
        let mut file = File::new("wm1".into());
        file.version = 2;
        file.committed_at = at;
        file.relations.insert("zhangsan".into(), Relation::opened(at));
        let held = HeldTag {
            origin: Origin::Api { actor: "admin".into() },
            since: at,
            version: 2,
            expires_at: None,
        };
        file.tags.insert("et1".into(), held);
        let what = Happening::TagsEdited { add: ["et1".into()].into(), remove: [].into(), expires_at: None };
        let by = Actor::Operator { name: "admin".into() };
        let facts = vec![Fact {
            what: What::Tagged { tag: "et1".into(), expires_at: None, found: false },
            because: None,
        }];
        let signal = Signal { id: "s".into(), at, by, what };
        (file, JournalEntry { version: 2, at, signal, facts, gauges: std::collections::BTreeMap::new() })
    }

    #[test]
    fn an_entry_tells_who_what_and_why() {
        let (_, entry) = tagged();
        let book = Playbook::default();
        let shown = serde_json::to_value(Entry::new(&"wm1".into(), &entry, &Words::new(&book))).unwrap();
        assert_eq!(shown["id"], "wm1#2");
        assert_eq!(shown["kind"], "tags_edited");
        assert_eq!(shown["by"]["who"], "operator");
        assert_eq!(shown["facts"][0]["kind"], "tagged");
        assert_eq!(shown["facts"][0]["text"], "加上标签「et1」");
        assert!(shown["facts"][0]["because"].is_null());
    }

    #[test]
    fn what_nobody_has_built_on_may_be_taken_back_for_a_day() {
        let (mut file, entry) = tagged();
        let book = Playbook::default();
        assert!(is_undoable(&file, &entry, &book, entry.at.plus_mins(5)));
        assert!(!is_undoable(&file, &entry, &book, entry.at.plus_days(2)));
        file.tags.clear();
        assert!(!is_undoable(&file, &entry, &book, entry.at.plus_mins(5)));
    }
}
