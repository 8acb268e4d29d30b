//! What people do in a simulated world.

use app::Author;
use axum::body::Body;
use domain::{Actor, BoardId, CustomerId, Happening, StaffId, Timestamp, file::Evidence};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::Simulation;

pub(super) const STAFF: [&str; 3] = ["zhang", "li", "wang"];
const STAGES: [&str; 4] = ["new", "interest", "price", "order"];
const NAMES: [&str; 4] = ["新客", "了解产品", "考虑价格", "下定"];
const TEXTS: [&str; 4] = ["你们产品多少钱", "你好", "可以介绍一下吗", "什么价格"];

/// One thing that somebody does.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Add { customer: u64, staff: &'static str, half: bool },
    Say { customer: u64, staff: &'static str, text: &'static str },
    Phone { customer: u64, staff: &'static str, add: usize, remove: Option<usize> },
    Label { customer: u64, staff: &'static str, on: bool },
    Drag { customer: u64, stage: usize },
    Block { customer: u64, staff: &'static str },
    Delete { customer: u64, staff: &'static str },
    Work { staff: &'static str, done: bool },
}

pub(super) fn id_of(customer: u64) -> String {
    format!("wmCustomer{customer:04}")
}

/// Staff, tags, board, rule and SOPs.
pub(super) async fn prepare(world: &mut Simulation) {
    for staff in STAFF {
        control(world, "staff", json!({"userid": staff, "name": staff})).await;
        world.app().put_staff(staff, staff, &Author::stepwise()).await.expect("staff");
    }
    control(world, "tags", json!({"group": "兴趣", "name": "老客户"})).await;
    let stages: Vec<Value> = STAGES
        .iter()
        .zip(NAMES)
        .map(
            |(id, name)| json!({"id": id, "name": name, "kind": if *id == "order" { "won" } else { "open" }}),
        )
        .collect();
    let plan = json!({"name": "销售", "tag_group": "客户状态", "stages": stages});
    let plan = serde_json::from_value(plan).expect("a plan");
    world.app().create_board(&BoardId::from("sales"), &plan, &Author::stepwise()).await.expect("a board");
    let rule = json!({
        "id": "price", "name": "价格", "when": {"message_contains": {"any": ["多少钱", "价格"]}},
        "then": [{"add_tag": "客户状态/考虑价格"}]
    });
    world
        .app()
        .put_rule(serde_json::from_value(rule).expect("a rule"), &Author::stepwise())
        .await
        .expect("a rule");
    for document in [friends(), price()] {
        let id = document["id"].as_str().unwrap_or_default().into();
        let (_, problems) =
            world.app().put_draft(&id, document, 0, &Author::stepwise()).await.expect("a draft");
        assert!(problems.is_empty(), "{problems:?}");
        world.app().publish_sop(&id, &Author::stepwise()).await.expect("an SOP");
    }
}

fn friends() -> Value {
    let step = |day: u32| {
        json!({"id": format!("day-{day}"), "at": {"day": day, "time": "09:30"}, "method": "task",
               "content": {"text": format!("第 {day} 天 {{{{customer.name|您}}}}")}})
    };
    json!({
        "id": "friends", "name": "新客", "anchor": {"kind": "friend_add"},
        "steps": [
            {"id": "hello", "at": {"after_minutes": 0}, "method": "welcome", "content": {"text": "你好 {{customer.name|您}}"}},
            step(1), step(2), step(4), step(7)
        ],
        "exit": {"when": {"stage": "sales/order"}}
    })
}

fn price() -> Value {
    json!({
        "id": "price", "name": "考虑价格", "anchor": {"kind": "stage_entry", "stage": "sales/price"},
        "steps": [
            {"id": "offer", "at": {"after_minutes": 20}, "method": "task", "content": {"text": "报价"}},
            {"id": "call", "at": {"day": 1, "time": "15:00"}, "method": "todo", "content": {"text": "电话"}},
            {"id": "case", "at": {"day": 2, "time": "10:00"}, "method": "task", "content": {"text": "案例"},
             "when": {"not": {"tag": "兴趣/老客户"}}}
        ],
        "reentry": {"policy": "after_exit", "days": 0}
    })
}

/// Everything that will be done, in order of time.
pub(super) fn plan(world: &Simulation, customers: u64, end: Timestamp) -> Vec<(Timestamp, Act)> {
    let (chance, begin) = (&world.chance, world.now());
    let span = u64::try_from(end.ms() - begin.ms()).unwrap_or(1);
    let mut acts = Vec::new();
    let moment = |from: u64| {
        let ms = from + chance.below(span.saturating_sub(from).max(1));
        Timestamp::from_ms(begin.ms() + i64::try_from(ms).unwrap_or(0))
    };
    for customer in 0..customers {
        let staff: &'static str = chance.pick(&STAFF);
        let added = chance.below(span / 2);
        let at = Timestamp::from_ms(begin.ms() + i64::try_from(added).unwrap_or(0));
        let half = chance.hits(50);
        acts.push((at, Act::Add { customer, staff, half }));
        for _ in 0..chance.below(12) {
            let staff = if chance.hits(800) { staff } else { chance.pick(&STAFF) };
            let act = match chance.below(100) {
                0..30 => Act::Say { customer, staff, text: chance.pick(&TEXTS) },
                30..50 => {
                    let add = usize::try_from(chance.below(4)).unwrap_or(0);
                    let remove = chance.hits(400).then(|| usize::try_from(chance.below(4)).unwrap_or(0));
                    Act::Phone { customer, staff, add, remove }
                }
                50..60 => Act::Label { customer, staff, on: chance.hits(600) },
                60..80 => Act::Drag { customer, stage: usize::try_from(chance.below(4)).unwrap_or(0) },
                80..86 => Act::Block { customer, staff },
                86..92 => Act::Delete { customer, staff },
                _ => Act::Add { customer, staff, half: false },
            };
            acts.push((moment(added), act));
        }
    }
    let days = span / 86_400_000;
    for _ in 0..days * 6 {
        let staff = chance.pick(&STAFF);
        acts.push((moment(0), Act::Work { staff, done: chance.hits(700) }));
    }
    acts.sort_by_key(|(at, _)| *at);
    // Now and then several things happen at the same second.
    for i in 1..acts.len() {
        if chance.hits(100) {
            acts[i].0 = acts[i - 1].0;
        }
    }
    acts
}

pub(super) async fn play(world: &mut Simulation, act: Act) {
    faults(world).await;
    match act {
        Act::Add { customer, staff, half } => {
            let id = id_of(customer);
            let person = json!({"external_userid": id, "name": format!("客户{customer}")});
            control(world, "customers", person).await;
            control(world, &format!("customers/{id}/add"), json!({"userid": staff, "half": half})).await;
        }
        Act::Say { customer, staff, text } => {
            let what = Happening::MessageReceived { staff: StaffId::from(staff), text: text.into() };
            insist(world, customer, what, Actor::Customer).await;
        }
        Act::Phone { customer, staff, add, remove } => {
            let name = |place: usize| format!("客户状态/{}", NAMES[place]);
            let remove: Vec<String> = remove.into_iter().filter(|place| *place != add).map(name).collect();
            let edit = json!({"external_userid": id_of(customer), "add": [name(add)], "remove": remove});
            control(world, &format!("staff/{staff}/tag"), edit).await;
        }
        Act::Label { customer, staff, on } => {
            let change = if on { "add" } else { "remove" };
            let edit = json!({"external_userid": id_of(customer), change: ["兴趣/老客户"]});
            control(world, &format!("staff/{staff}/tag"), edit).await;
        }
        Act::Drag { customer, stage } => {
            let what = Happening::StageMoved {
                board: "sales".into(),
                stage: Some(STAGES[stage].into()),
                expected_rev: None,
                only_from: None,
                reason: None,
            };
            insist(world, customer, what, Actor::Operator { name: "ops".into() }).await;
        }
        Act::Block { customer, staff } => {
            control(world, &format!("customers/{}/block", id_of(customer)), json!({"userid": staff})).await;
        }
        Act::Delete { customer, staff } => {
            let body = json!({"external_userid": id_of(customer)});
            control(world, &format!("staff/{staff}/delete"), body).await;
        }
        Act::Work { staff, done } => work(world, staff, done).await,
    }
    world.drain().await;
}

/// Staff work on one of their open tasks.
async fn work(world: &mut Simulation, staff: &'static str, done: bool) {
    let (app, trouble) = (world.app().clone(), world.trouble.clone());
    let staff_id = StaffId::from(staff);
    let tasks = trouble.pause_for(app.tasks(&staff_id, 50, None)).await;
    let Ok(tasks) = tasks else { return };
    if tasks.items.is_empty() {
        return;
    }
    let task = world.chance.pick(&tasks.items).id.clone();
    let what = if done {
        Happening::TaskDone { touch: task.touch, evidence: Evidence::StaffMarked }
    } else {
        Happening::TaskSkipped { touch: task.touch, note: None }
    };
    world.insist(&task.customer, what, Actor::Staff { userid: staff_id }).await;
}

async fn insist(world: &mut Simulation, customer: u64, what: Happening, by: Actor) {
    let id = CustomerId::from(id_of(customer));
    // Chat and board know only customers whom Stepwise knows.
    let (app, trouble) = (world.app().clone(), world.trouble.clone());
    let known = trouble.pause_for(app.store.load(&id)).await.is_ok_and(|loaded| loaded.file.is_some());
    if known {
        world.insist(&id, what, by).await;
    }
}

/// Trouble with callbacks, anew for each act.
async fn faults(world: &mut Simulation) {
    let per_mille = world.faults.callbacks;
    if per_mille == 0 {
        return;
    }
    delete_faults(world).await;
    for kind in ["duplicate", "delay", "reorder"] {
        if world.chance.hits(per_mille) {
            let seconds = 1 + world.chance.below(600);
            control(world, "faults", json!({"callbacks": kind, "seconds": seconds, "times": 1})).await;
        }
    }
    // What is lost is healed by asking WeCom; it does not tell of partings.
    for change in ["add_external_contact", "edit_external_contact"] {
        if world.chance.hits(per_mille / 2) {
            control(world, "faults", json!({"callbacks": "drop", "change": change, "times": 1})).await;
        }
    }
}

/// Asks WeCom about everybody, as the nightly reconciliation does.
pub(super) async fn heal(world: &mut Simulation, customers: u64) {
    delete_faults(world).await;
    world.sim.run_due().await;
    world.drain().await;
    for customer in 0..customers {
        let id = id_of(customer);
        let what = Happening::ContactEdited { staff: StaffId::from(STAFF[0]) };
        let signal = world.app().own_signal(what);
        world.signal(&CustomerId::from(id.as_str()), signal);
    }
    world.drain().await;
}

/// Reads something of the simulated WeCom.
pub(super) async fn look(world: &Simulation, path: &str) -> Value {
    let request = http::Request::get(format!("/sim/control/{path}")).body(Body::empty()).expect("a request");
    let answer = world.sim.router().oneshot(request).await.unwrap_or_else(|never| match never {});
    let body =
        answer.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    serde_json::from_slice(&body).unwrap_or(Value::Null)
}

async fn delete_faults(world: &mut Simulation) {
    let request = http::Request::delete("/sim/control/faults").body(Body::empty()).expect("a request");
    let _ = world.sim.router().oneshot(request).await;
}

pub(super) async fn control(world: &mut Simulation, path: &str, body: Value) {
    world.trace.note(&format!("{path} {body}"));
    let request = http::Request::post(format!("/sim/control/{path}"))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .expect("a request");
    // People try things that do not go: what WeCom refuses does not happen.
    let _ = world.sim.router().oneshot(request).await;
    let deaths = world.doors.deaths();
    if deaths > 0 {
        world.deaths += deaths;
        world.instances.replace(0);
    }
}
