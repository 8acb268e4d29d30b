//! What people do in a simulated world.

use app::Author;
use axum::body::Body;
use domain::{BoardId, CustomerId, Happening, StaffId, Timestamp};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{
    Simulation,
    deeds::{Deed, WORTH},
    ports,
};
use crate::Chance;

pub(super) const STAFF: [&str; 3] = ["zhang", "li", "wang"];
pub(super) const STAGES: [&str; 4] = ["new", "interest", "price", "order"];
pub(super) const NAMES: [&str; 4] = ["新客", "了解产品", "考虑价格", "下定"];
pub(super) const TEXTS: [&str; 4] = ["你们产品多少钱", "你好", "可以介绍一下吗", "什么价格"];

pub(super) fn id_of(customer: u64) -> String {
    format!("wmCustomer{customer:04}")
}

/// Staff, tags, board, rule, and these SOPs.
pub(super) async fn prepare(world: &mut Simulation, sops: &[Value]) {
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
    let plan = json!({"name": "销售", "tag_group": "客户状态", "stages": stages, "amount": WORTH});
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
    for document in sops {
        let id = document["id"].as_str().unwrap_or_default().into();
        let (_, problems) =
            world.app().put_draft(&id, document.clone(), 0, &Author::stepwise()).await.expect("a draft");
        assert!(problems.is_empty(), "{problems:?}");
        world.app().publish_sop(&id, &Author::stepwise()).await.expect("an SOP");
    }
}

pub(super) fn friends() -> Value {
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

pub(super) fn price() -> Value {
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

/// Nothing of it falls due on the first day.
pub(super) fn later() -> Value {
    json!({
        "id": "price", "name": "考虑价格", "anchor": {"kind": "stage_entry", "stage": "sales/price"},
        "steps": [{"id": "call", "at": {"day": 1, "time": "15:00"}, "method": "todo", "content": {"text": "电话"}}],
        "reentry": {"policy": "after_exit", "days": 0}
    })
}

/// Everything that will be done, in order of time.
pub(super) fn plan(world: &Simulation, customers: u64, end: Timestamp) -> Vec<(Timestamp, Deed)> {
    let (chance, begin) = (&world.chance, world.now());
    let span = u64::try_from(end.ms() - begin.ms()).unwrap_or(1);
    let mut deeds = Vec::new();
    let moment = |from: u64| {
        let ms = from + chance.below(span.saturating_sub(from).max(1));
        Timestamp::from_ms(begin.ms() + i64::try_from(ms).unwrap_or(0))
    };
    for customer in 0..customers {
        let staff: &'static str = chance.pick(&STAFF);
        let added = chance.below(span / 2);
        let at = Timestamp::from_ms(begin.ms() + i64::try_from(added).unwrap_or(0));
        let half = chance.hits(50);
        deeds.push((at, Deed::Add { customer, staff, half }));
        for _ in 0..chance.below(14) {
            let staff = if chance.hits(800) { staff } else { chance.pick(&STAFF) };
            let deed = match chance.below(100) {
                0..30 => Deed::Say { customer, staff, text: chance.pick(&TEXTS) },
                30..50 => {
                    let add = Some(stage(chance));
                    let remove = chance.hits(400).then(|| stage(chance));
                    Deed::Phone { customer, staff, add, remove }
                }
                50..60 => Deed::Label { customer, staff, on: chance.hits(600) },
                60..74 => Deed::Drag { customer, stage: Some(stage(chance)), seen: false },
                74..76 => Deed::Assign { customer, staff: chance.hits(700).then_some(staff) },
                76..79 => Deed::Deal { customer, worth: chance.hits(800).then(|| worth(chance)) },
                79..82 => {
                    let hours =
                        chance.hits(700).then(|| 60 * i64::try_from(chance.below(72) + 1).unwrap_or(1));
                    Deed::Edit { customer, on: chance.hits(700), minutes: hours }
                }
                82..84 => Deed::TakeBack { customer },
                84..88 => Deed::Block { customer, staff },
                88..93 => Deed::Delete { customer, staff },
                _ => Deed::Add { customer, staff, half: false },
            };
            deeds.push((moment(added), deed));
        }
    }
    let days = span / 86_400_000;
    for _ in 0..days * 6 {
        let staff = chance.pick(&STAFF);
        deeds.push((moment(0), Deed::Work { staff, done: chance.hits(700) }));
    }
    for number in 0..days {
        deeds.push((moment(0), of_many(chance, customers, number)));
    }
    deeds.sort_by_key(|(at, _)| *at);
    // Now and then several things happen at the same second.
    for i in 1..deeds.len() {
        if chance.hits(100) {
            deeds[i].0 = deeds[i - 1].0;
        }
    }
    deeds
}

/// What concerns many.
fn of_many(chance: &Chance, customers: u64, number: u64) -> Deed {
    let some: Vec<u64> = (0..customers).filter(|_| chance.hits(300)).collect();
    match chance.below(10) {
        0..2 => Deed::Batch {
            customers: some,
            stage: chance.hits(300).then(|| stage(chance)),
            on: chance.hits(800),
        },
        2..5 => {
            let only_from = chance.hits(300).then(|| stage(chance));
            Deed::MoveMany { customers: some, stage: chance.hits(900).then(|| stage(chance)), only_from }
        }
        5..7 => Deed::TakeBackJob,
        7 => Deed::Rename { stage: stage(chance), number },
        8 => Deed::Look { silently: true },
        _ => Deed::Look { silently: false },
    }
}

fn worth(chance: &Chance) -> i32 {
    i32::try_from(chance.below(100_000)).unwrap_or(0)
}

/// Somewhere on the board.
pub(super) fn stage(chance: &Chance) -> usize {
    usize::try_from(chance.below(STAGES.len() as u64)).unwrap_or(0)
}

/// People press a button again when they get no answer.
const PRESSES: u64 = 4;

pub(super) async fn play(world: &mut Simulation, deed: Deed) {
    faults(world).await;
    let ready = world.ready(&deed, PRESSES).await;
    world.queue.extend(ready);
    world.drain().await;
}

/// Trouble with callbacks, anew for each act.
pub(super) async fn faults(world: &mut Simulation) {
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

/// No more trouble with callbacks.
pub(super) async fn calm_callbacks(world: &mut Simulation) {
    delete_faults(world).await;
    world.sim.run_due().await;
    world.drain().await;
}

/// Asks WeCom about everybody, as the nightly reconciliation does.
pub(super) async fn heal(world: &mut Simulation, customers: u64) {
    calm_callbacks(world).await;
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
    let answer = world.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
    let body =
        answer.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    serde_json::from_slice(&body).unwrap_or(Value::Null)
}

async fn delete_faults(world: &mut Simulation) {
    let request = http::Request::delete("/sim/control/faults").body(Body::empty()).expect("a request");
    let _ = world.router.clone().oneshot(request).await;
}

pub(super) async fn control(world: &mut Simulation, path: &str, body: Value) {
    ports::control(&world.router, &world.trace, path, &body).await;
    world.count_deaths_at_the_door();
}
