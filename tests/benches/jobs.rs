//! `make bench`: a tag for ten thousand customers on disk: reactions a second, and what is left to do after `kill -9` in
//! the middle.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on stops where it stands")]

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use app::{Author, Clock as _, NewJob, RealClock, Whom};
use domain::{
    Actor, CustomerId, File, Happening, Playbook, Reaction, Signal, Timestamp,
    counters::gauge_changes,
    file::Profile,
    react,
    react::Work,
    rows::fit,
    signal::{CallResult, Performed, Snapshot, SnapshotRelation},
};
use serde_json::{Value, json};
use store::{Commit, Job, JobId, JobKind, JobState, JournalEntry, MAX_ITEMS, Part, pack};
use tests::{World, at};

const CUSTOMERS: usize = 10_000;
/// Packed so many at a time while they are made.
const MADE_TOGETHER: usize = 200;
const CHILD: &str = "--child";

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == CHILD) {
        Some(place) => until_killed(Path::new(&arguments[place + 1])).await,
        None => {
            whole().await;
            killed_and_resumed().await;
        }
    }
}

/// From beginning to end.
async fn whole() {
    let directory = tempfile::tempdir().unwrap();
    let world = company(directory.path()).await;
    let bytes = populate(&world).await;
    let began = RealClock.now();
    let id = order(&world).await;
    let job = watch(&world, &id, |_| false).await;
    let ms = RealClock.now().ms() - began.ms();
    assert_eq!((job.state, job.counts.changed as usize), (JobState::Done, CUSTOMERS));
    println!(
        "{CUSTOMERS} customers on disk (files of {bytes} bytes) get a tag in {:.1} s",
        ms as f64 / 1000.0
    );
    println!("  {:.0} reactions a second", rate(CUSTOMERS, ms));
}

/// A process that is killed when half is done, and another that goes on.
async fn killed_and_resumed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .arg(CHILD)
        .arg(path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut id, mut done, mut began) = (String::new(), 0, RealClock.now());
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        match line.split_once(' ') {
            Some(("job", job)) => (id, began) = (job.to_owned(), RealClock.now()),
            Some(("done", count)) => done = count.parse().unwrap(),
            _ => {}
        }
        if done >= CUSTOMERS / 2 {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let ms = RealClock.now().ms() - began.ms();
    println!("killed after {done} customers, {:.0} reactions a second", rate(done, ms));

    let began = RealClock.now();
    // The dead worker's lease is over.
    let world = World::in_directory(at("2026-03-02 09:02"), path).await;
    let job = watch(&world, &JobId::from(&*id), |_| false).await;
    let ms = RealClock.now().ms() - began.ms();
    assert_eq!((job.state, job.counts.changed as usize), (JobState::Done, CUSTOMERS));
    let store = &world.machine.app.store;
    for customer in (0..CUSTOMERS).map(id_of) {
        let entries = store.timeline(&customer, 20, None).await.unwrap().items;
        let of_job = entries.iter().filter(|entry| entry.signal.id.as_str().starts_with("job-"));
        assert_eq!(of_job.count(), 1, "{customer} was changed once");
    }
    println!("  resumed: every customer was changed once; the restart took {:.1} s", ms as f64 / 1000.0);
    println!("  (with the first WeCom calls that were due, and the counters)");
}

async fn until_killed(path: &Path) {
    let world = company(path).await;
    populate(&world).await;
    let id = order(&world).await;
    println!("job {id}");
    watch(&world, &id, |job| {
        println!("done {}", job.counts.done());
        false
    })
    .await;
    println!("done {CUSTOMERS}");
}

fn rate(count: usize, ms: i64) -> f64 {
    count as f64 * 1000.0 / ms.max(1) as f64
}

fn id_of(n: usize) -> CustomerId {
    format!("wmBenchCustomer{n:017}").into()
}

/// The job, again and again, until it is over.
async fn watch(world: &World, id: &JobId, mut look: impl FnMut(&Job) -> bool) -> Job {
    loop {
        let job = world.machine.app.store.job(id).await.unwrap().unwrap();
        if look(&job) || job.state.is_over() {
            return job;
        }
        RealClock.pause(Duration::from_millis(20)).await;
    }
}

async fn order(world: &World) -> JobId {
    let book = world.machine.app.playbook().await.unwrap();
    let tag = book.find_tag("兴趣/老客户", "").unwrap();
    let what = JobKind::EditTags { add: [tag].into(), remove: [].into(), expires_at: None };
    let customers = Whom::Named((0..CUSTOMERS).map(id_of).collect());
    let new = NewJob { what, customers, reason: None, sight: None, request: None };
    world.machine.app.start_job(new, &Author::stepwise()).await.unwrap().0.id
}

async fn company(path: &Path) -> World {
    let world = World::in_directory(at("2026-03-02 09:00"), path).await;
    world.staff(&[("zhang", "张三")]).await;
    world.sim("tags", json!({"group": "兴趣", "name": "老客户"})).await;
    for name in ["SUV", "新能源", "家用", "商务"] {
        world.sim("tags", json!({"group": "需求", "name": name})).await;
    }
    let stages = json!([{"id": "new", "name": "新客"}, {"id": "price", "name": "考虑价格"},
                        {"id": "order", "name": "下定", "kind": "won"}]);
    let board = json!({"name": "销售", "tag_group": "客户状态", "stages": stages});
    world.put("/api/v1/boards/sales", board).await.ok();
    let step = |day: u32| {
        json!({"id": format!("day-{day}"), "at": {"day": day, "time": "10:00"}, "method": "task",
                                 "content": {"text": "产品介绍"}})
    };
    for (id, anchor) in [
        ("friends", json!({"kind": "friend_add"})),
        ("price", json!({"kind": "stage_entry", "stage": "sales/price"})),
    ] {
        let steps: Vec<Value> = [1, 2, 4, 7].map(step).to_vec();
        world.publish(json!({"id": id, "name": id, "anchor": anchor, "steps": steps})).await;
    }
    world
}

/// Ten thousand customers with a past: friends, some tags, a stage, two SOPs. The size of a file, in bytes.
async fn populate(world: &World) -> usize {
    let app = &world.machine.app;
    let (book, now) = (app.playbook().await.unwrap(), app.clock.now());
    let mut bytes = 0;
    let all: Vec<usize> = (0..CUSTOMERS).collect();
    for some in all.chunks(MADE_TOGETHER) {
        let mut made: Vec<(Reaction, JournalEntry)> =
            some.iter().map(|n| with_a_past(id_of(*n), &book, now)).collect();
        let besides: Vec<_> = made.iter_mut().map(|(last, _)| fit(None, last, MAX_ITEMS - 3)).collect();
        let parts: Vec<Part<'_>> = made
            .iter()
            .zip(&besides)
            .map(|((last, entry), beside)| {
                let (file, token) = (&last.file, String::new());
                Part::Commit(Commit {
                    loaded_version: 0,
                    file,
                    entry,
                    receipt: None,
                    beside,
                    audit: None,
                    token,
                })
            })
            .collect();
        for range in pack(&parts) {
            let token = format!("made-{}-{}", some[0], range.start);
            let hindered =
                app.store.commit_together(&parts[range].iter().collect::<Vec<_>>(), &token).await.unwrap();
            assert!(hindered.is_empty(), "{hindered:?}");
        }
        bytes = serde_json::to_string(&made[0].0.file).unwrap().len();
    }
    // What making them left to be counted is none of the job's.
    app.fold().await.unwrap();
    bytes
}

fn with_a_past(id: CustomerId, book: &Playbook, now: Timestamp) -> (Reaction, JournalEntry) {
    let wanted = ["需求/SUV", "需求/家用", "需求/商务"].map(|tag| book.find_tag(tag, "").unwrap());
    let relation = SnapshotRelation {
        createtime: now.plus_days(-1),
        add_way: Some(1),
        state: Some("showroom".into()),
        remark: "展厅来的客户".into(),
        tags: wanted.into(),
        personal_tags: Some(["重点".to_owned()].into()),
    };
    let profile = Profile {
        name: "王先生".into(),
        avatar: Some("https://wx.qlogo.cn/mmhead/Q3auHgzwzM5example/0".into()),
        kind: Some(1),
        unionid: Some(format!("u{id}")),
        corp_name: None,
    };
    let relations = BTreeMap::from([("zhang".into(), relation)]);
    let snapshot = Snapshot { began: 0, profile, relations, baseline: false, adopt_known: false };
    let state = Some("showroom".into());
    let mut life = Life { file: File::new(id), book, now, last: None };
    life.hear(Happening::ContactAdded {
        staff: "zhang".into(),
        half: false,
        state,
        welcome_code: None,
        snapshot: Some(snapshot),
    });
    let stage = Some("price".into());
    life.hear(Happening::StageMoved {
        board: "sales".into(),
        stage,
        expected_rev: None,
        only_from: None,
        reason: None,
    });
    life.last.unwrap()
}

/// A customer from signal to signal, whose outside work succeeds at once.
struct Life<'a> {
    file: File,
    book: &'a Playbook,
    now: Timestamp,
    last: Option<(Reaction, JournalEntry)>,
}

impl Life<'_> {
    fn hear(&mut self, what: Happening) {
        let signal = Signal { id: "past".into(), at: self.now, by: Actor::Customer, what };
        let before = (self.file.version > 0).then_some(&self.file);
        let reaction = react(&self.file.id, before, &signal, self.book, self.now);
        self.file = reaction.file.clone();
        let work = reaction.work.clone();
        let entry = JournalEntry {
            version: self.file.version,
            at: self.now,
            signal,
            facts: reaction.facts.clone(),
            gauges: gauge_changes(Some(&self.file), &reaction.file),
        };
        self.last = Some((reaction, entry));
        for work in work {
            let Work::Mark(staff) = work else { continue };
            let tags = self.file.relations[&staff].marking.as_ref().unwrap().tags.clone();
            let (began, result) = (self.file.version, CallResult::Done);
            let marked = Performed::Marked { staff, began, tags, result, settled: None };
            self.hear(Happening::Performed { results: vec![marked] });
        }
    }
}
