//! `make bench`: a base of customers on disk, and what the pages of a day cost over it: time, items of the store read and
//! written, calls of WeCom.
//!
//! `cargo bench -p tests --bench base -- 20000` for another number of customers than 100,000;
//! `cargo bench --profile dev -p tests --bench base -- 5000` to try it out.
//!
//! The customers are put into the engine as the store would hold them: each file, the rows that `index_rows` computes from
//! it, and the counters that all files add up to. They have no past: no journal. What follows goes over HTTP, as from a
//! browser, with the clock standing still.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on stops where it stands")]

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use app::{Author, Clock as _, NewJob, RealClock, Whom};
use domain::{
    CustomerId, File, HeldTag, Origin, Playbook, Relation, StaffId, TagId, Timestamp,
    counters::gauges,
    file::{Attribute, AttributeValue, Card, FirstAdded, Profile, Side},
    playbook::Board,
    rows::index_rows,
};
use local::embedded::Tally;
use serde_json::{Value, json};
use store::{JobId, JobKind};
use tests::{Visitor, World, at, items, text};

const CUSTOMERS: usize = 100_000;
/// Loaded together.
const LOADED_TOGETHER: usize = 2_000;
/// Each page is asked for so often.
const TIMES: usize = 100;
const MOVED: usize = 10_000;
/// Read from the simulated WeCom.
const IMPORTED: usize = 2_000;
const BOARDS: [&str; 3] = ["sales", "service", "training"];
const STAGES: [&str; 6] = ["lead", "talk", "quote", "trial", "won", "lost"];

#[tokio::main]
async fn main() {
    let size = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(CUSTOMERS);
    let directory = tempfile::tempdir().unwrap();
    let world = World::in_directory(at("2026-03-02 09:00"), directory.path()).await;
    let base = Base::make(&world, size).await;
    base.pages().await;
    base.move_many().await;
    import(size.min(IMPORTED)).await;
}

/// A world with customers.
struct Base<'a> {
    world: &'a World,
    size: usize,
    staff: usize,
}

impl<'a> Base<'a> {
    async fn make(world: &'a World, size: usize) -> Self {
        let base = Self { world, size, staff: (size / 500).clamp(20, 200) };
        base.company().await;
        let book = world.machine.app.playbook().await.unwrap();
        let (engine, began) = (world.machine.engine(), RealClock.now());
        let (mut rows, mut bytes, mut sums) = (0, 0, BTreeMap::<String, i64>::new());
        let everybody: Vec<usize> = (0..size).collect();
        for some in everybody.chunks(LOADED_TOGETHER) {
            let mut loaded = Vec::new();
            for n in some {
                let file = base.customer(*n, &book);
                for (name, by) in gauges(&file) {
                    *sums.entry(name).or_insert(0) += by;
                }
                let doc = serde_json::to_string(&file).unwrap();
                bytes += doc.len();
                loaded.extend(index_rows(&file).into_iter().map(row));
                loaded.push(item(&format!("C#{}", file.id), "FILE", doc));
            }
            rows += loaded.len() - some.len();
            engine.load("stepwise-main", loaded).unwrap();
        }
        let counters: Vec<(String, i64)> = sums.into_iter().collect();
        for (n, some) in counters.chunks(80).enumerate() {
            let (some, now) = (some.iter().cloned().collect(), world.now());
            world.machine.app.store.fold(&[], &some, now, &format!("made-{n}")).await.unwrap();
        }
        println!(
            "{size} customers of {} staff: files of {} bytes, {:.1} index rows each, {} counters; loaded in {:.1} s",
            base.staff,
            bytes / size,
            rows as f64 / size as f64,
            counters.len(),
            (RealClock.now().ms() - began.ms()) as f64 / 1000.0
        );
        base
    }

    async fn company(&self) {
        let world = self.world;
        let people: Vec<(String, String)> =
            (0..self.staff).map(|n| (userid(n), format!("员工{n}"))).collect();
        let people: Vec<(&str, &str)> = people.iter().map(|(userid, name)| (&**userid, &**name)).collect();
        world.staff(&people).await;
        for group in ["来源", "兴趣", "活动", "地区"] {
            let tags: Vec<String> = (0..15).map(|n| format!("{group}{n}")).collect();
            world.post("/api/v1/tag-groups", json!({"name": group, "tags": tags})).await.ok();
        }
        for board in BOARDS {
            let kind =
                |id: &str| if matches!(id, "won" | "lost") { id.to_owned() } else { "open".to_owned() };
            let stages =
                STAGES.map(|id| json!({"id": id, "name": format!("{board}-{id}"), "kind": kind(id)}));
            let plan = json!({"name": board, "tag_group": format!("{board}阶段"), "stages": stages, "amount": "报价"});
            world.put(&format!("/api/v1/boards/{board}"), plan).await.ok();
        }
    }

    /// One of many: a friend of one or two, at a stage of most boards, with about five tags and three attributes.
    fn customer(&self, n: usize, book: &Playbook) -> File {
        // Spread, and the same whenever it is asked for.
        let dice = |salt: usize, sides: usize| {
            (n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31) ^ salt.wrapping_mul(0x94d0_49bb_1331_11eb))
                .wrapping_mul(0xbf58_476d_1ce4_e5b9)
                .rotate_right(27)
                % sides
        };
        let now = self.world.now();
        let added = now.plus_secs(-i64::try_from(dice(1, 365 * 86_400)).unwrap());
        let mut file = File::new(id_of(n));
        file.version = 3;
        file.committed_at = added;
        file.profile = Profile {
            name: format!("客户{n}"),
            avatar: Some("https://wx.qlogo.cn/mmhead/Q3auHgzwzM5example/0".into()),
            kind: Some(1),
            unionid: Some(format!("oUnionOfBench{n:012}")),
            corp_name: None,
        };
        let held = |origin: Origin| HeldTag { origin, since: added, version: 2, expires_at: None };
        let plain: Vec<&TagId> = book
            .tags
            .groups()
            .filter(|group| group.ours)
            .flat_map(|group| group.tags.iter().map(|tag| &tag.id))
            .collect();
        let plain: Vec<&TagId> = plain.into_iter().filter(|tag| book.stage_of_tag(tag).is_none()).collect();
        for salt in 0..3 + dice(2, 4) {
            let tag = plain[dice(10 + salt, plain.len())].clone();
            file.tags.insert(tag, held(Origin::Api { actor: "admin".into() }));
        }
        let amount = (dice(3, 3) > 0).then(|| i64::try_from(dice(4, 50_000_000)).unwrap());
        let text = |text: String| AttributeValue::Text(text);
        for (name, value) in [
            ("会员等级", Some(text(format!("L{}", dice(5, 5))))),
            ("生日", Some(text(format!("19{}-03-05", 60 + dice(6, 40))))),
            ("报价", amount.map(|amount| AttributeValue::Number(amount as f64 / 100.0))),
        ] {
            file.attributes.extend(value.map(|value| (name.to_owned(), Attribute { value, at: added })));
        }
        for (place, board) in
            book.boards.values().enumerate().filter(|(place, _)| *place == 0 || dice(7 + place, 10) < 7)
        {
            self.put_on(&mut file, board, dice(20 + place, 100), added, amount.unwrap_or(0));
            let stage = board.stage(&file.cards[&board.id].stage).unwrap();
            file.tags.insert(stage.tag.clone().unwrap(), held(Origin::Stage { board: board.id.clone() }));
        }
        self.befriend(&mut file, dice(8, self.staff), dice(9, 10), added);
        file.contact.received_at =
            (dice(30, 5) > 0).then(|| added.plus_days(i64::try_from(dice(31, 30)).unwrap()).min(now));
        file
    }

    /// Three of ten stand at the first stage, fewer at each that follows.
    fn put_on(&self, file: &mut File, board: &Board, dice: usize, since: Timestamp, amount: i64) {
        let place = [30, 55, 75, 85, 93].iter().filter(|below| dice >= **below).count();
        let stage = board.stages[place].id.clone();
        file.cards.insert(board.id.clone(), Card { stage, since: Some(since), rev: 2, amount: Some(amount) });
    }

    fn befriend(&self, file: &mut File, first: usize, dice: usize, added: Timestamp) {
        let count = if dice < 2 { 2 } else { 1 };
        for n in 0..count {
            let mut relation = Relation::opened(added.plus_days(n));
            relation.add_way = Some(1);
            relation.remark = "展厅来的客户".into();
            relation.mirror = Some(file.tags.keys().cloned().collect());
            // One of twenty is nobody's friend any more.
            if count == 1 && first % 20 == 7 && dice == 9 {
                relation.customer_side = Side::closed(added.plus_days(2));
            }
            let staff = StaffId::from(&*userid((first + usize::try_from(n).unwrap() * 7) % self.staff));
            file.owner = file.owner.take().or_else(|| relation.is_open().then(|| staff.clone()));
            file.relations.insert(staff, relation);
        }
        file.first_added = Some(FirstAdded { at: added, baseline: true, by_transfer: false });
    }

    async fn pages(&self) {
        let mut boss = self.world.visitor().with("authorization", "Bearer token-of-the-tests");
        let mut operator = self.world.signed_in(&userid(3)).await;
        let manager_of = format!("owner={}", userid(3));
        let tag = {
            let book = self.world.machine.app.playbook().await.unwrap();
            book.find_tag("活动/活动3", "").unwrap().to_string()
        };
        println!("{}", Figures::TITLE);
        let cards = "/api/v1/boards/sales/cards?stage=lead";
        for (what, path) in [
            ("cards by customer", cards.to_owned()),
            ("cards by entry", format!("{cards}&sort=entered")),
            ("cards by silence", format!("{cards}&sort=contact")),
            ("cards by amount", format!("{cards}&sort=amount")),
            ("cards by amount, 200 a page", format!("{cards}&sort=amount&limit=200")),
            ("cards of one owner", format!("{cards}&{manager_of}")),
            ("cards of one owner by entry", format!("{cards}&{manager_of}&sort=entered")),
            ("cards with a tag", format!("{cards}&tag={tag}")),
            ("cards with a tag by amount", format!("{cards}&tag={tag}&sort=amount")),
            ("numbers of a board", "/api/v1/boards/sales".to_owned()),
            ("numbers of one owner", format!("/api/v1/boards/sales?{manager_of}")),
            ("numbers of 50 owners", "/api/v1/boards/sales/owners".to_owned()),
            ("tag usage", "/api/v1/tags/usage".to_owned()),
        ] {
            self.measure(what, &mut boss, &path).await;
        }
        self.measure("an operator's cards", &mut operator, cards).await;
        self.measure("an operator's cards by entry", &mut operator, &format!("{cards}&sort=entered")).await;
    }

    /// Page after page, from the start again after the last.
    async fn measure(&self, what: &str, visitor: &mut Visitor, path: &str) {
        let engine = self.world.machine.engine();
        let (mut took, mut cursor) = (Vec::with_capacity(TIMES), String::new());
        let (before, called, mut shown) = (engine.tally(), calls(self.world).await, 0);
        for _ in 0..TIMES {
            let (address, began) = (format!("{path}{cursor}"), now());
            let page = visitor.get(&address).await.ok();
            took.push(began.elapsed());
            shown += page["items"].as_array().or(page["stages"].as_array()).map_or(0, Vec::len);
            let next = page["next_cursor"]
                .as_str()
                .filter(|_| page["items"].as_array().is_some_and(|all| !all.is_empty()));
            let joint = if path.contains('?') { '&' } else { '?' };
            cursor = next.map_or_else(String::new, |next| format!("{joint}cursor={next}"));
        }
        let tally = engine.tally() - before;
        let calls = calls(self.world).await - called;
        took.sort();
        println!("{}", Figures { what, took: &took, tally, shown, calls });
    }

    /// A stage for ten thousand at once, as a job.
    async fn move_many(&self) {
        let (world, count) = (self.world, self.size.min(MOVED));
        let engine = world.machine.engine();
        let what = JobKind::MoveStage { board: "sales".into(), stage: Some("trial".into()), only_from: None };
        let customers = Whom::Named((0..count).map(id_of).collect());
        let new = NewJob { what, customers, reason: None, sight: None, request: None };
        let (before, called, began) = (engine.tally(), calls(world).await, now());
        let id = world.machine.app.start_job(new, &Author::stepwise()).await.unwrap().0.id;
        let job = watch(world, &id).await;
        let (took, tally) = (began.elapsed(), engine.tally() - before);
        let calls = calls(world).await - called;
        assert_eq!(job.counts.done(), u32::try_from(count).unwrap(), "{job:?}");
        println!(
            "a job moves {count}: {:.1} s, {:.0} a second; for each {:.1} items read, {:.1} written; {calls} calls of WeCom \
             so far (their phones follow)",
            took.as_secs_f64(),
            count as f64 / took.as_secs_f64(),
            tally.read as f64 / count as f64,
            tally.written as f64 / count as f64
        );
    }
}

/// A corp that is read for the first time.
async fn import(count: usize) {
    let directory = tempfile::tempdir().unwrap();
    let world = World::in_directory(at("2026-03-02 09:00"), directory.path()).await;
    let people = json!({"staff": 20, "customers": count, "days": 365, "silent": true});
    world.sim("population", people).await;
    world.post("/api/v1/staff/sync", json!({})).await.ok();
    world.machine.settle().await.unwrap();
    let engine = world.machine.engine();
    let (before, called, began) = (engine.tally(), calls(&world).await, now());
    let job = world.post("/api/v1/customers/import", json!({})).await.ok();
    let job = watch(&world, &JobId::from(&*text(&job["id"]))).await;
    let (took, tally) = (began.elapsed(), engine.tally() - before);
    let calls = calls(&world).await - called;
    let done = job.counts.done();
    println!(
        "an import of {count} customers ({done} relations): {:.1} s, {:.0} a second; for each {:.1} items read, {:.1} \
         written; {calls} calls of WeCom",
        took.as_secs_f64(),
        done as f64 / took.as_secs_f64(),
        tally.read as f64 / done as f64,
        tally.written as f64 / done as f64
    );
}

async fn watch(world: &World, id: &JobId) -> store::Job {
    loop {
        let job = world.machine.app.store.job(id).await.unwrap().unwrap();
        if job.state.is_over() {
            return job;
        }
        RealClock.pause(Duration::from_millis(50)).await;
    }
}

/// What a page costs.
struct Figures<'a> {
    what: &'a str,
    /// In order.
    took: &'a [Duration],
    /// Of all of them.
    tally: Tally,
    shown: usize,
    calls: u64,
}

impl Figures<'_> {
    const TITLE: &'static str =
        "                                 p50 ms   p99 ms    shown     read  written  read/shown   WeCom";
}

impl std::fmt::Display for Figures<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = self.took.len();
        let ms = |percent: usize| self.took[(count * percent / 100).min(count - 1)].as_secs_f64() * 1000.0;
        let each = |all: u64| all as f64 / count as f64;
        write!(
            f,
            "{:<30} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>11.2} {:>7}",
            self.what,
            ms(50),
            ms(99),
            each(self.shown as u64),
            each(self.tally.read),
            each(self.tally.written),
            self.tally.read as f64 / self.shown.max(1) as f64,
            self.calls
        )
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time, finer than a clock has it")]
fn now() -> Instant {
    Instant::now()
}

/// How often WeCom was called so far.
async fn calls(world: &World) -> u64 {
    let latest = world.get("/sim/control/calls?limit=1").await.ok();
    items(&latest["items"]).last().and_then(|call| call["n"].as_u64()).unwrap_or(0)
}

fn userid(n: usize) -> String {
    format!("staff{n:03}")
}

fn id_of(n: usize) -> CustomerId {
    format!("wmBenchCustomer{n:017}").into()
}

/// An index row as the store writes it.
fn row(((pk, sk), value): ((String, String), Option<String>)) -> Value {
    let mut row = json!({"pk": {"S": pk}, "sk": {"S": sk}});
    if let Some(value) = value {
        row["value"] = json!({"S": value});
    }
    row
}

/// A file as the store writes it.
fn item(pk: &str, sk: &str, doc: String) -> Value {
    json!({"pk": {"S": pk}, "sk": {"S": sk}, "version": {"N": "3"}, "format": {"N": "1"}, "doc": {"S": doc}})
}
