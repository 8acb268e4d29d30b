//! A small company and one customer of it: its playbook, and a desk that reacts, performs and waits.

use std::sync::Arc;

use serde_json::{Value, json};

use super::wecom::WeCom;
use crate::{
    Actor, BoardId, Fact, File, Happening, Playbook, Relation, Signal, StaffId, TagId, Timestamp, What,
    file::{Evidence, TouchRef},
    playbook::{Board, Rule, Sop, SopHeader, Staff, Tag, TagGroup, TagTree},
    react::{Reaction, Work, react},
    signal::{Performed, SideName},
    sop::{SopVersion, compile},
};

/// Local time of the corp, without its zone.
pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(&format!("{text}:00+08:00")).unwrap()
}

/// Tags 新客, 考虑价格, 已成交 as the stages of a board; two more; a keyword rule; an SOP for new friends and one for
/// each open stage; Anna and Ben.
pub(super) fn playbook() -> Playbook {
    let mut book = Playbook { stamp: 1, ..Playbook::default() };
    let stages = [("new", "新客"), ("price", "考虑价格"), ("deal", "已成交")];
    book.tags = TagTree::new([
        group("g1", "客户状态", &stages),
        group("g2", "兴趣", &[("vip", "VIP"), ("car", "SUV"), ("hot", "热")]),
    ]);
    let board = json!({"id": "sales", "name": "销售", "tag_group": "g1", "stages": [
        {"id": "new", "name": "新客", "tag": "new"},
        {"id": "price", "name": "考虑价格", "tag": "price"},
        {"id": "deal", "name": "已成交", "tag": "deal", "kind": "won"},
    ]});
    let board: Board = serde_json::from_value(board).unwrap();
    book.boards.insert(BoardId::from("sales"), board);
    for (userid, name) in [("anna", "安娜"), ("ben", "本")] {
        let staff = Staff { userid: userid.into(), name: name.into() };
        book.staff.insert(userid.into(), staff);
    }
    rule(&mut book, json!({"id": "ask-price", "name": "问价", "when": {"message_contains": {"any": ["多少钱"]}},
        "then": [{"add_tag": "客户状态/考虑价格"}]}));
    publish(&mut book, json!({"id": "hello", "name": "欢迎", "anchor": {"kind": "friend_add"},
        "exit": {"when": {"tag": "已成交"}}, "steps": [
        {"id": "w", "at": {"after_minutes": 0}, "method": "welcome", "content": {"text": "你好 {{customer.name|您}}"}},
        {"id": "d1", "at": {"day": 1, "time": "09:00"}, "method": "task", "content": {"text": "产品手册"}},
        {"id": "d3", "at": {"day": 3, "time": "10:00"}, "method": "todo", "content": {"text": "电话"}},
    ]}));
    publish(&mut book, json!({"id": "care", "name": "新客关怀", "anchor": {"kind": "stage_entry", "stage": "销售/新客"},
        "steps": [
        {"id": "c1", "at": {"after_minutes": 30}, "method": "task", "content": {"text": "介绍"}},
        {"id": "c2", "at": {"day": 2, "time": "15:00"}, "method": "task", "content": {"text": "案例"}},
    ]}));
    publish(&mut book, json!({"id": "offer", "name": "报价跟进",
        "anchor": {"kind": "stage_entry", "stage": "sales/price"}, "steps": [
        {"id": "o1", "at": {"after_minutes": 0}, "method": "task", "content": {"text": "报价单"}},
        {"id": "o2", "at": {"day": 1, "time": "10:00", "until": "18:00"}, "method": "task",
            "content": {"text": "优惠"}, "when": {"not": {"tag": "VIP"}}},
        {"id": "o3", "at": {"day": 3, "time": "10:00"}, "method": "todo", "content": {"text": "回访"}},
    ]}));
    book
}

fn group(id: &str, name: &str, tags: &[(&str, &str)]) -> TagGroup {
    let tag = |(id, name): &(&str, &str)| Tag {
        id: (*id).into(),
        name: (*name).into(),
        order: 0,
        deleted: false,
    };
    let tags = tags.iter().map(tag).collect();
    TagGroup { id: id.into(), name: name.into(), order: 0, ours: true, deleted: false, tags }
}

/// Adds a rule as somebody would write it.
pub(super) fn rule(book: &mut Playbook, rule: Value) {
    let rule: Rule = serde_json::from_value(rule).unwrap();
    let rule = book.resolve_rule(rule).unwrap();
    book.rules.push(rule);
}

/// Publishes a document as somebody would write it.
pub(super) fn publish(book: &mut Playbook, document: Value) {
    let document = compile(&document, book).unwrap();
    let published_at = at("2026-01-01T00:00");
    let header = SopHeader {
        id: document.id.clone(),
        published: Some(1),
        first_published_at: Some(published_at),
        enabled: true,
    };
    let version = Arc::new(SopVersion { version: 1, published_at, document });
    book.sops.insert(header.id.clone(), Sop { header, versions: [(1, version)].into() });
}

/// Deletes a tag in WeCom: it stays in the tree as a tombstone.
pub(super) fn delete_tag(book: &mut Playbook, id: &str) {
    let groups = book.tags.groups().cloned().map(|mut group| {
        for tag in group.tags.iter_mut().filter(|tag| tag.id == TagId::from(id)) {
            tag.deleted = true;
        }
        group
    });
    book.tags = TagTree::new(groups.collect::<Vec<_>>());
}

/// One customer, from signal to signal.
pub(super) struct Desk {
    pub(super) book: Playbook,
    pub(super) file: File,
    pub(super) now: Timestamp,
    pub(super) wecom: WeCom,
    /// Outside work that nobody has performed yet.
    pub(super) work: Vec<Work>,
    /// All facts so far.
    pub(super) told: Vec<Fact>,
    heard: u32,
}

impl Desk {
    /// Nobody we know, on a Monday at 10.
    pub(super) fn new() -> Self {
        let file = File::new("wm1".into());
        let (now, wecom) = (at("2026-03-02T10:00"), WeCom::default());
        Self { book: playbook(), file, now, wecom, work: Vec::new(), told: Vec::new(), heard: 0 }
    }

    /// A friend of Anna's since 10 o'clock; everything outside has been done.
    pub(super) fn with_friend() -> Self {
        let mut desk = Self::new();
        desk.add("anna");
        desk.settle();
        desk
    }

    /// The same, standing at a stage.
    pub(super) fn at_stage(stage: &str) -> Self {
        let mut desk = Self::with_friend();
        desk.drag(stage);
        desk.settle();
        desk
    }

    pub(super) fn hear(&mut self, what: Happening) -> Reaction {
        self.hear_of(self.now, what)
    }

    /// Something that happened at `at` is heard of now.
    pub(super) fn hear_of(&mut self, at: Timestamp, what: Happening) -> Reaction {
        self.heard += 1;
        let by = match &what {
            Happening::ContactAdded { .. } | Happening::MessageReceived { .. } => Actor::Customer,
            Happening::ContactEdited { staff } => Actor::Staff { userid: staff.clone() },
            Happening::StageMoved { .. } | Happening::Undo { .. } => Actor::Operator { name: "lin".into() },
            _ => Actor::Stepwise,
        };
        let signal = Signal { id: format!("s{}", self.heard).into(), at, by, what };
        let known = (self.file.version > 0).then_some(&self.file);
        let reaction = react(&self.file.id, known, &signal, &self.book, self.now);
        self.file = reaction.file.clone();
        assert!(self.file.wake_at.is_none_or(|wake_at| wake_at > self.now), "would be woken for nothing");
        self.work.extend(reaction.work.iter().cloned());
        self.told.extend(reaction.facts.iter().cloned());
        reaction
    }

    pub(super) fn add(&mut self, staff: &str) -> Reaction {
        self.wecom.add(staff, self.now);
        let welcome_code = Some(format!("code-{staff}"));
        let staff = staff.into();
        let added = Happening::ContactAdded { staff, half: false, state: None, welcome_code, snapshot: None };
        // WeCom counts in seconds.
        self.hear_of(Timestamp::from_secs(self.now.secs()), added)
    }

    pub(super) fn unfriend(&mut self, staff: &str, side: SideName) -> Reaction {
        self.wecom.part(staff, side);
        self.hear(Happening::ContactRemoved { staff: staff.into(), side, by_transfer: false })
    }

    pub(super) fn say(&mut self, text: &str) -> Reaction {
        self.hear(Happening::MessageReceived { staff: "anna".into(), text: text.into() })
    }

    pub(super) fn drag(&mut self, stage: &str) -> Reaction {
        let stage = Some(stage.into());
        self.hear(Happening::StageMoved { board: "sales".into(), stage, expected_rev: None, reason: None })
    }

    /// Staff change tags on their phone, and WeCom tells that something changed.
    pub(super) fn edit(&mut self, staff: &str, add: &[&str], remove: &[&str]) -> Reaction {
        self.wecom.edit(staff, add, remove);
        self.hear(Happening::ContactEdited { staff: staff.into() })
    }

    pub(super) fn done(&mut self, touch: &str) -> Reaction {
        let touch = TouchRef::parse(touch).unwrap();
        self.hear(Happening::TaskDone { touch, evidence: Evidence::StaffMarked })
    }

    pub(super) fn performed(&mut self, result: Performed) -> Reaction {
        self.hear(Happening::Performed { results: vec![result] })
    }

    /// Takes the outside work that was decided, as a worker does.
    pub(super) fn take_work(&mut self) -> Vec<Work> {
        std::mem::take(&mut self.work)
    }

    /// A worker takes what is to be done, and everything succeeds.
    pub(super) fn settle(&mut self) {
        for _ in 0..20 {
            let work = self.take_work();
            if work.is_empty() {
                return;
            }
            for work in work {
                if let Some(what) = self.wecom.perform(&self.file, &work) {
                    self.hear(what);
                }
            }
        }
        panic!("outside work without an end: {:?}", self.work);
    }

    /// Time goes by: the customer wakes whenever a timer is due.
    pub(super) fn wait_until(&mut self, text: &str) {
        self.wait(at(text));
    }

    pub(super) fn wait(&mut self, until: Timestamp) {
        while let Some(wake_at) = self.file.wake_at.filter(|wake_at| *wake_at <= until) {
            self.now = wake_at;
            self.hear(Happening::Woken);
            self.settle();
        }
        self.now = until;
    }

    pub(super) fn stage(&self) -> Option<&str> {
        self.file.cards.get(&BoardId::from("sales")).map(|card| card.stage.as_str())
    }

    pub(super) fn tags(&self) -> Vec<&str> {
        self.file.tags.keys().map(TagId::as_str).collect()
    }

    pub(super) fn relation(&self, staff: &str) -> &Relation {
        &self.file.relations[&StaffId::from(staff)]
    }

    /// Tags as a staff member sees them on their phone.
    pub(super) fn phone(&self, staff: &str) -> Vec<&str> {
        self.wecom.phones[&StaffId::from(staff)].tags.iter().map(TagId::as_str).collect()
    }

    /// SOPs that the customer is inside.
    pub(super) fn inside(&self) -> Vec<&str> {
        self.file.enrollments.iter().map(|live| live.sop.as_str()).collect()
    }

    /// The open touch of an SOP.
    pub(super) fn open(&self, sop: &str) -> Option<String> {
        let live = self.file.enrollments.iter().find(|live| live.sop.as_str() == sop)?;
        live.open.as_ref().map(|open| open.step.to_string())
    }

    /// The next step of an SOP, and when.
    pub(super) fn next(&self, sop: &str) -> Option<(String, Timestamp)> {
        let live = self.file.enrollments.iter().find(|live| live.sop.as_str() == sop)?;
        live.next.as_ref().map(|next| (next.step.to_string(), next.due_at))
    }

    /// How often something was told.
    pub(super) fn told(&self, wanted: impl Fn(&What) -> bool) -> usize {
        self.told.iter().filter(|fact| wanted(&fact.what)).count()
    }

    /// Outcomes so far, as `sop/step: outcome`.
    pub(super) fn outcomes(&self) -> Vec<String> {
        let outcome = |fact: &Fact| match &fact.what {
            What::Ended { sop, step, outcome, .. } => Some(format!("{sop}/{step}: {}", line(outcome))),
            _ => None,
        };
        self.told.iter().filter_map(outcome).collect()
    }
}

/// A value's JSON fields in one line: `missed superseded`.
pub(super) fn line(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value).unwrap() {
        Value::Object(fields) => {
            let shown = ["outcome", "reason", "code", "evidence"];
            let parts = shown.iter().filter_map(|name| fields.get(*name));
            let parts = parts.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            parts.collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

/// The kinds of facts, in order.
pub(super) fn kinds(reaction: &Reaction) -> Vec<String> {
    reaction.facts.iter().map(|fact| kind(&fact.what)).collect()
}

fn kind(what: &What) -> String {
    serde_json::to_value(what).unwrap()["kind"].as_str().unwrap().to_owned()
}

/// From a fact back to the signal, by causes.
pub(super) fn causes(reaction: &Reaction, last: impl Fn(&What) -> bool) -> Vec<String> {
    let mut place = reaction.facts.iter().position(|fact| last(&fact.what));
    let mut chain = Vec::new();
    while let Some(here) = place {
        chain.push(kind(&reaction.facts[here].what));
        place = reaction.facts[here].because.map(usize::from);
    }
    chain
}
