//! One customer of a small company, and a desk that reacts, performs and waits.

use serde_json::Value;

pub(super) use super::company::{at, delete_tag, playbook, publish, rule};
use super::wecom::WeCom;
use crate::{
    Actor, BoardId, Fact, File, Happening, Playbook, Relation, Signal, StaffId, TagId, Timestamp, What,
    file::{Evidence, TouchRef},
    react::{Reaction, Work, react},
    signal::{Performed, SideName},
};

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
        self.hear(Happening::StageMoved {
            board: "sales".into(),
            stage,
            expected_rev: None,
            only_from: None,
            reason: None,
        })
    }

    /// Staff change tags on their phone, and WeCom tells that something changed.
    pub(super) fn edit(&mut self, staff: &str, add: &[&str], remove: &[&str]) -> Reaction {
        self.wecom.edit(staff, add, remove);
        self.hear(Happening::ContactEdited { staff: staff.into() })
    }

    pub(super) fn done(&mut self, touch: &str) -> Reaction {
        let touch = TouchRef::parse(touch).unwrap();
        self.hear(Happening::TaskDone { touch, evidence: Evidence::StaffMarked, late: None })
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
