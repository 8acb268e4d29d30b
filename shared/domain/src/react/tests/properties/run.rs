//! One customer through a sequence of happenings, with a store that keeps receipts and a WeCom that may fail.

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    super::{
        fixture::{at, delete_tag, playbook, publish, rule},
        owed::Shelf,
        wecom::WeCom,
    },
    laws::Laws,
    ops::{Answer, Op},
};
use crate::{
    Actor, Fact, File, Happening, Playbook, Signal, SignalId, StaffId, TagId, Timestamp,
    content::{Content, SentContent},
    file::{AttributeValue, Evidence, TouchRef},
    playbook::FormerStage,
    react::{Reaction, Work, react, react_in_bulk},
    signal::{LinkSource, SideName, Snapshot},
};

/// A run.
pub(super) struct Run {
    pub(super) book: Playbook,
    pub(super) file: File,
    pub(super) now: Timestamp,
    pub(super) wecom: WeCom,
    shelf: Shelf,
    laws: Laws,
    /// Small transactions: most rows are owed.
    tight: bool,
    receipts: BTreeSet<SignalId>,
    heard: Vec<Signal>,
    commits: Vec<(u64, Timestamp, Vec<Fact>)>,
    /// Leases taken, with the file of the commit that took them.
    leases: Vec<(Work, File)>,
    under_way: Vec<Happening>,
}

impl Run {
    pub(super) fn new(tight: bool) -> Self {
        let mut book = playbook();
        for id in ["case-a", "film"] {
            let content = Content { published: Some(1), editions: vec![1], ..Content::new(id.into()) };
            book.contents.insert(content.id.clone(), content);
        }
        for (id, seen, put) in [("r1", "VIP", "SUV"), ("r2", "SUV", "考虑价格"), ("r3", "新客", "VIP")]
        {
            let when = json!({"tag_added": seen});
            rule(&mut book, json!({"id": id, "name": id, "when": when, "then": [{"add_tag": put}]}));
        }
        rule(
            &mut book,
            json!({"id": "r4", "name": "r4", "when": {"tag_added": "热"}, "moves": "any", "cooldown_hours": 5,
                "then": [{"remove_tag": "已成交"}, {"remove_tag": "VIP"}]}),
        );
        publish(
            &mut book,
            &json!({"id": "again", "name": "反复", "audience": {"not": {"tag": "热"}},
                "anchor": {"kind": "stage_entry", "stage": "sales/price"},
                "exit": {"on_reply": true, "left_audience": true, "left_stage": false},
                "reentry": {"policy": "after_exit", "days": 0}, "steps": [
                {"id": "a", "at": {"after_minutes": 0}, "method": "task",
                    "content": {"ref": "case-a", "unless_had_within": 1}},
                {"id": "b", "at": {"after_minutes": 700}, "method": "todo", "content": {"text": "x"}},
                {"id": "c", "at": {"day": 2, "time": "20:45"}, "method": "task", "content": {"ref": "film@1"},
                    "when": {"not": {"tag": "VIP"}}},
                {"id": "d", "at": {"day": 2, "time": "21:00", "expires_at": {"days": 1, "time": "09:00"}},
                    "method": "task", "content": {"text": "x"}}]}),
        );
        publish(
            &mut book,
            &json!({"id": "tell", "name": "内容", "anchor": {"kind": "stage_entry", "stage": "sales/new"},
                "exit": {"left_stage": false}, "reentry": {"policy": "after_exit", "days": 0}, "steps": [
                {"id": "x", "at": {"after_minutes": 0}, "method": "task", "content": {"ref": "case-a"}},
                {"id": "y", "at": {"after_minutes": 60}, "method": "task",
                    "content": {"ref": "film", "unless_had_within": "ever"}},
                {"id": "z", "at": {"day": 1, "time": "10:00"}, "method": "task",
                    "content": {"ref": "case-a", "unless_had_within": 0}}]}),
        );
        Self {
            book,
            file: File::new("wm1".into()),
            now: at("2026-03-02T10:00"),
            wecom: WeCom::default(),
            shelf: Shelf::default(),
            laws: Laws::default(),
            tight,
            receipts: BTreeSet::new(),
            heard: Vec::new(),
            commits: Vec::new(),
            leases: Vec::new(),
            under_way: Vec::new(),
        }
    }

    pub(super) fn carry_out(&mut self, op: &Op) {
        match op {
            Op::Add { staff, half, late, code, snapshot } => {
                if !half {
                    self.wecom.add(staff, self.now.plus_mins(-late));
                }
                let snapshot = snapshot.then(|| self.wecom.snapshot(self.file.version));
                let welcome_code = code.then(|| format!("code-{}", self.heard.len()));
                let (staff, half) = (StaffId::from(*staff), *half);
                let added = Happening::ContactAdded { staff, half, state: None, welcome_code, snapshot };
                self.happens(*late, added);
            }
            Op::Part { staff, by_staff, late, told } => {
                let side = if *by_staff { SideName::Staff } else { SideName::Customer };
                self.wecom.part(staff, side);
                if *told {
                    let staff = StaffId::from(*staff);
                    self.happens(*late, Happening::ContactRemoved { staff, side, by_transfer: false });
                }
            }
            Op::Edit { staff, tag, on, told } => {
                let tags = [*tag];
                let live = self.book.tags.is_live(&TagId::from(*tag));
                let (add, remove) = if *on && live { (&tags[..], &[][..]) } else { (&[][..], &tags[..]) };
                self.wecom.edit(staff, add, remove);
                if *told {
                    self.carry_out(&Op::Hint { staff });
                }
            }
            Op::Compare => self.happens(0, Happening::Compared { missing: None, news_since: None }),
            Op::Hint { staff } => self.happens(0, Happening::ContactEdited { staff: (*staff).into() }),
            Op::Say { text, late } => {
                let said = Happening::MessageReceived { staff: "anna".into(), text: (*text).into() };
                self.happens(*late, said);
            }
            Op::Drag { stage, late } => {
                let (board, stage) = ("sales".into(), stage.map(Into::into));
                let moved =
                    Happening::StageMoved { board, stage, expected_rev: None, only_from: None, reason: None };
                self.happens(*late, moved);
            }
            Op::Tags { add, remove } => {
                let ids = |tags: &[&str]| tags.iter().map(|tag| TagId::from(*tag)).collect();
                self.happens(
                    0,
                    Happening::TagsEdited { add: ids(add), remove: ids(remove), expires_at: None },
                );
            }
            Op::Task { which, done } => self.task(*which, *done),
            Op::Undo { back } => {
                let place = self.commits.len().checked_sub(back + 1);
                if let Some((version, decided_at, facts)) = place.map(|place| self.commits[place].clone()) {
                    self.happens(0, Happening::Undo { version, decided_at, facts });
                }
            }
            Op::Work { which, result, arrives } => self.work(*which, *result, *arrives),
            Op::Arrive { which } => {
                if !self.under_way.is_empty() {
                    let what = self.under_way.remove(which % self.under_way.len());
                    self.happens(0, what);
                }
            }
            Op::Repeat { back } => {
                if let Some(place) = self.heard.len().checked_sub(back + 1) {
                    let signal = self.heard[place].clone();
                    self.hear(&signal);
                }
            }
            Op::Sleep { minutes } => self.sleep(self.now.plus_mins(*minutes)),
            Op::Import { adopt } => {
                let (baseline, adopt_known) = (true, *adopt);
                let snapshot = Snapshot { baseline, adopt_known, ..self.wecom.snapshot(self.file.version) };
                self.happens(0, Happening::Fetched { snapshot });
            }
            Op::Assign { staff } => {
                self.happens(0, Happening::OwnerAssigned { staff: staff.map(StaffId::from) });
            }
            Op::Lend { tag, minutes } => {
                let expires_at = Some(self.now.plus_mins(*minutes));
                let (add, remove) = ([TagId::from(*tag)].into(), [].into());
                self.happens(0, Happening::TagsEdited { add, remove, expires_at });
            }
            Op::Worth { amount, late } => {
                let value = Some(AttributeValue::Number(f64::from(*amount)));
                let values = [("worth".to_owned(), value)].into();
                self.happens(*late, Happening::AttributesSet { values });
            }
            Op::DropStage { heir } => self.drop_stage(*heir),
            Op::Mirror { group } => self.happens(0, Happening::GroupMirrored { group: (*group).into() }),
            Op::HandOver { from, days } => {
                let to = if *from == "anna" { "ben" } else { "anna" };
                self.wecom.add(to, self.now.plus_days(-days));
                self.wecom.part(from, SideName::Staff);
                let (staff, side) = (StaffId::from(*from), SideName::Staff);
                self.happens(0, Happening::ContactRemoved { staff, side, by_transfer: true });
            }
            Op::Licence { staff, on } => {
                self.book.staff.get_mut(&StaffId::from(*staff)).unwrap().licensed = *on;
                self.happens(0, Happening::Woken);
            }
            Op::Miss { staff } => {
                let missing = Some(StaffId::from(*staff));
                self.happens(0, Happening::Compared { missing, news_since: None });
            }
            Op::Send { staff, content } => {
                let (staff, content) = (StaffId::from(*staff), self.sent_version(content, 0));
                self.happens(0, Happening::ContentSent { staff, content, evidence: Evidence::StaffMarked });
            }
            Op::Open { content, back } => {
                let (content, via) = (self.sent_version(content, *back), LinkSource::Staff("anna".into()));
                self.happens(0, Happening::LinkOpened { content, part: 1, via });
            }
            Op::Version { content, substantial } => {
                let content = self.book.contents.get_mut(&(*content).into()).unwrap();
                let version = content.published.unwrap() + 1;
                content.published = Some(version);
                content.editions.extend(substantial.then_some(version));
            }
            Op::DeleteTag { tag } => {
                delete_tag(&mut self.book, tag);
                for phone in self.wecom.phones.values_mut() {
                    phone.tags.remove(&TagId::from(*tag));
                }
            }
        }
    }

    fn sent_version(&self, content: &str, back: u32) -> SentContent {
        let content = &self.book.contents[&content.into()];
        let version = content.published.unwrap().saturating_sub(back).max(1);
        content.sent_as(Some(version)).unwrap()
    }

    fn drop_stage(&mut self, heir: bool) {
        for board in self.book.boards.values_mut().filter(|board| board.stages.len() > 2) {
            let gone = board.stages.remove(1);
            let moved_to = heir.then(|| board.stages[0].id.clone());
            let (id, name, tag) = (gone.id, gone.name, gone.tag);
            board.former.push(FormerStage { id, name, tag, moved_to });
            board.amount = Some("worth".into());
        }
        self.happens(0, Happening::BoardChanged { board: "sales".into() });
    }

    fn task(&mut self, which: usize, done: bool) {
        let live: Vec<_> = self.file.enrollments.iter().filter(|live| live.open.is_some()).collect();
        let Some(live) = live.get(which % live.len().max(1)) else { return };
        let step = live.open.as_ref().map(|open| open.step.clone()).unwrap();
        let touch = TouchRef { sop: live.sop.clone(), n: live.n, step };
        self.happens(
            0,
            match done {
                true => Happening::TaskDone { touch, evidence: Evidence::SdkCallback, late: None },
                false => Happening::TaskSkipped { touch, note: None },
            },
        );
    }

    /// A worker takes on a lease, if it still is one, and something comes of it.
    fn work(&mut self, which: usize, answer: Answer, arrives: bool) {
        if self.leases.is_empty() {
            return;
        }
        let (work, file) = self.leases.remove(which % self.leases.len());
        if let Work::Mark(staff) = &work
            && file.relations[staff].marking.as_ref().is_none_or(|m| m.attempt.until < self.now.plus_secs(15))
        {
            return;
        }
        let mut as_if = self.wecom.clone();
        let outcome = if answer.has_effect() { &mut self.wecom } else { &mut as_if }.perform(&file, &work);
        let Some(what) = outcome.and_then(|what| answer.of(&work, what)) else { return };
        if arrives {
            self.happens(0, what);
        } else {
            self.under_way.push(what);
        }
    }

    /// Sleeps, woken as often as there is something to wake for; a customer whom nobody serves wakes no more than so
    /// many times.
    fn sleep(&mut self, until: Timestamp) {
        for _ in 0..25 {
            let Some(wake_at) = self.file.wake_at.filter(|wake_at| *wake_at <= until) else { break };
            self.now = self.now.max(wake_at);
            self.happens(0, Happening::Woken);
        }
        self.now = self.now.max(until);
    }

    /// Everything that is asked for is done at once and succeeds, until nothing is asked for.
    pub(super) fn come_to_rest(&mut self) {
        self.tight = false;
        self.under_way.clear();
        self.leases.clear();
        for _ in 0..60 {
            while !self.leases.is_empty() {
                self.work(0, Answer::Done, true);
            }
            let marks = self.file.relations.values().any(|relation| relation.marking.is_some());
            if !marks && self.file.fetch.is_none() && self.file.pending.is_empty() {
                return;
            }
            self.now = self.now.max(self.file.wake_at.unwrap());
            self.happens(0, Happening::Woken);
        }
        panic!("outside work without an end: {:?}", self.file);
    }

    fn happens(&mut self, minutes_ago: i64, what: Happening) {
        let id = format!("s{}", self.heard.len()).into();
        let at = Timestamp::from_secs(self.now.plus_mins(-minutes_ago).secs());
        let signal = Signal { id, at, by: Actor::Stepwise, what };
        self.heard.push(signal.clone());
        self.hear(&signal);
    }

    fn hear(&mut self, signal: &Signal) {
        if leaves_receipt(&signal.what) && !self.receipts.insert(signal.id.clone()) {
            return;
        }
        let before = self.file.clone();
        let mut reaction = self.react(signal);
        assert_eq!(reaction, self.react(signal), "the same decision twice");
        if reaction.is_quiet(&before) {
            assert!(reaction.facts.is_empty() && reaction.work.is_empty() && reaction.slots.is_empty());
        } else {
            let tight_rooms = [0, 3, 1, 90];
            let room = if self.tight { tight_rooms[self.heard.len() % 4] } else { 1000 };
            self.shelf.commit(&before, &mut reaction, room);
            self.shelf.check(&reaction.file);
        }
        self.laws.check(&before, &reaction, &self.book, self.now.max(before.committed_at));
        self.file = reaction.file.clone();
        self.leases.extend(reaction.work.iter().map(|work| (work.clone(), reaction.file.clone())));
        if !reaction.facts.is_empty() {
            self.commits.push((self.file.version, self.file.committed_at, reaction.facts));
        }
        // The first word of a friendship is silent where it is old; after it the same word is one like others.
        let is_first_word = before.first_added.is_none() && self.file.first_added.is_some();
        let by_itself =
            matches!(signal.what, Happening::Woken | Happening::Performed { .. } | Happening::Fetched { .. });
        if by_itself && !is_first_word {
            let again = self.react(signal);
            assert!(again.facts.is_empty(), "harmless twice: {:?}", again.facts);
            assert!(settled(&again.file) == settled(&self.file), "harmless twice: {signal:?}");
        }
    }

    fn react(&self, signal: &Signal) -> Reaction {
        let known = (self.file.version > 0).then_some(&self.file);
        let now = self.now.max(self.file.committed_at);
        // Some edits are of many customers at once; where somebody has to be greeted, the customer goes alone.
        let even = signal.id.as_str().ends_with(['0', '2', '4', '6', '8']);
        let of_many = even && matches!(signal.what, Happening::TagsEdited { .. });
        if of_many {
            let at = now.plus_mins(2);
            let reaction = react_in_bulk(&self.file.id, known, signal, &self.book, now, at);
            if reaction.work.is_empty() {
                return reaction;
            }
        }
        react(&self.file.id, known, signal, &self.book, now)
    }
}

/// The file without what every commit changes, and without the fetch: a failure does not say which attempt it was, so
/// told twice it may end two.
fn settled(file: &File) -> File {
    let file = file.clone();
    File {
        version: 0,
        fetch: None,
        committed_at: Timestamp::default(),
        wake_at: None,
        owed: Vec::new(),
        owed_records: Vec::new(),
        ..file
    }
}

/// As the store keeps them: hints may ask again, and what Stepwise tells itself is harmless twice.
fn leaves_receipt(what: &Happening) -> bool {
    !matches!(
        what,
        Happening::ContactEdited { .. }
            | Happening::Compared { .. }
            | Happening::Fetched { .. }
            | Happening::Woken
            | Happening::Performed { .. }
    )
}
