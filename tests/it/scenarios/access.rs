//! Who sees what: a small corp in which everybody has customers of their own.

use serde_json::{Value, json};
use tests::{Visitor, World, items, text};

use super::price::company;

/// Userid, name, department.
const STAFF: [(&str, &str, u64); 6] = [
    ("boss", "王总", 1),
    ("mei", "梅经理", 2),
    ("zhang", "张三", 2),
    ("li", "李四", 2),
    ("tang", "唐经理", 3),
    ("zhao", "赵六", 3),
];

/// The company with two departments: 张三 and 李四 in 销售部, which 梅经理 leads, 赵六 in 售后部, which 唐经理 leads, and
/// an admin. Every operator has a customer, `wm` and their userid.
pub(super) async fn corp() -> World {
    let world = company().await;
    world.sim("departments", json!({"id": 1, "name": "星河汽车"})).await;
    for (id, name) in [(2, "销售部"), (3, "售后部")] {
        world.sim("departments", json!({"id": id, "name": name, "parent": 1})).await;
    }
    for (userid, name, department) in STAFF {
        world.sim("staff", json!({"userid": userid, "name": name, "departments": [department]})).await;
    }
    world.post("/api/v1/staff/sync", json!({})).await.ok();
    world.machine.settle().await.unwrap();
    set_role(&world, "boss", json!({"role": "admin"})).await;
    set_role(&world, "mei", json!({"role": "manager", "manages": [2]})).await;
    set_role(&world, "tang", json!({"role": "manager", "manages": [3]})).await;
    for (staff, name) in [("zhang", "王先生"), ("li", "李女士"), ("zhao", "赵老师")] {
        world.customer(&format!("wm{staff}"), name, staff).await;
    }
    world
}

pub(super) async fn set_role(world: &World, userid: &str, role: Value) {
    let path = format!("/api/v1/staff/{userid}");
    world.send(http::Method::PATCH, &path, &[("if-match", "*")], Some(&role)).await.ok();
}

async fn move_to(world: &World, customer: &str, stage: &str) {
    let body = json!({"board": "sales", "stage": stage});
    world.put(&format!("/api/v1/customers/{customer}/stage"), body).await.ok();
}

/// The customers whom a list names.
async fn named(visitor: &mut Visitor, path: &str, field: &str) -> Vec<String> {
    let list = visitor.get(path).await.ok();
    let mut ids: Vec<String> = items(&list["items"]).iter().map(|item| text(&item[field]["id"])).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn everybody_finds_their_own_customers_on_the_board_and_managers_their_departments() {
    let world = corp().await;
    for customer in ["wmzhang", "wmli", "wmzhao"] {
        move_to(&world, customer, "price").await;
    }
    for (userid, sees) in [
        ("zhang", &["wmzhang"][..]),
        ("li", &["wmli"]),
        ("mei", &["wmli", "wmzhang"]),
        ("tang", &["wmzhao"]),
        ("boss", &["wmli", "wmzhang", "wmzhao"]),
    ] {
        let mut person = world.signed_in(userid).await;
        let cards = named(&mut person, "/api/v1/boards/sales/cards?stage=price", "customer").await;
        assert_eq!(cards, sees, "{userid}'s board");
        if ["mei", "tang", "boss"].contains(&userid) {
            let inside = named(&mut person, "/api/v1/sops/price/enrollments", "customer").await;
            assert_eq!(inside, sees, "{userid} and the SOP");
        }
    }
}

#[tokio::test]
async fn nobody_hears_of_what_happens_to_customers_of_others() {
    let world = corp().await;
    let (mut zhang, mut mei) = (world.signed_in("zhang").await, world.signed_in("mei").await);
    let path = "/api/v1/boards/sales/changes";
    let mut cursors = Vec::new();
    for person in [&mut zhang, &mut mei] {
        cursors.push(text(&person.get(path).await.ok()["cursor"]));
    }
    for customer in ["wmzhang", "wmli", "wmzhao"] {
        move_to(&world, customer, "interest").await;
    }
    for (person, cursor, hears) in
        [(&mut zhang, &cursors[0], &["wmzhang"][..]), (&mut mei, &cursors[1], &["wmli", "wmzhang"])]
    {
        let told = person.get(&format!("{path}?since={cursor}")).await.ok();
        let mut of: Vec<String> = items(&told["changes"]).iter().map(|one| text(&one["customer"])).collect();
        of.sort();
        assert_eq!(of, hears);
    }
}

#[tokio::test]
async fn a_job_touches_no_customer_whom_its_author_does_not_see() {
    let world = corp().await;
    let before = world.view("wmzhao").await["version"].clone();
    let mut mei = world.signed_in("mei").await;
    let customers = json!(["wmzhang", "wmli", "wmzhao", "wmnobody"]);
    let wanted = json!({"customers": customers, "add": ["客户状态/考虑价格"]});
    let job = mei.post("/api/v1/customers/batch/tags", wanted).await.ok();
    world.machine.settle().await.unwrap();

    let path = format!("/api/v1/jobs/{}/results", text(&job["id"]));
    let results = items(&mei.get(&path).await.ok()["items"]);
    let became: Vec<String> = results.iter().map(|result| text(&result["outcome"])).collect();
    assert_eq!(became, ["changed", "changed", "refused", "refused"]);
    assert_eq!(results[2]["trouble"], results[3]["trouble"], "out of sight is as if there were none");
    assert_eq!(world.view("wmzhao").await["version"], before);
    assert!(world.tags("wmzhao").await.is_empty());
}

#[tokio::test]
async fn a_friendship_that_ends_closes_the_customer_to_the_operator_and_leaves_them_to_the_manager() {
    let world = corp().await;
    let (mut zhang, mut mei) = (world.signed_in("zhang").await, world.signed_in("mei").await);
    zhang.get("/api/v1/customers/wmzhang").await.ok();
    world.sim("staff/zhang/delete", json!({"external_userid": "wmzhang"})).await;
    zhang.get("/api/v1/customers/wmzhang").await.refused(404);
    mei.get("/api/v1/customers/wmzhang").await.ok();
}

#[tokio::test]
async fn a_role_that_changes_counts_from_the_next_request_on() {
    let world = corp().await;
    let mut li = world.signed_in("li").await;
    li.get("/api/v1/customers/wmzhang").await.refused(404);
    assert_eq!(li.get("/api/v1/audit").await.refused(403)["code"], "forbidden");
    set_role(&world, "li", json!({"role": "admin"})).await;
    li.get("/api/v1/customers/wmzhang").await.ok();
    li.get("/api/v1/audit").await.ok();
    assert_eq!(li.get("/api/v1/me").await.ok()["role"], "admin");
    set_role(&world, "li", json!({"role": "operator"})).await;
    li.get("/api/v1/customers/wmzhang").await.refused(404);
    li.get("/api/v1/audit").await.refused(403);
}

#[tokio::test]
async fn colleagues_of_one_customer_share_the_customer_and_not_each_others_tasks() {
    let world = corp().await;
    world.sim("customers/wmzhang/add", json!({"userid": "li"})).await;
    move_to(&world, "wmzhang", "price").await;
    world.until(world.now().plus_mins(31)).await;
    let task = world.tasks("zhang").await.remove(0);
    let id = text(&task["id"]);

    let mut li = world.signed_in("li").await;
    let view = li.get("/api/v1/customers/wmzhang").await.ok();
    let enrollments = li.get("/api/v1/customers/wmzhang/enrollments").await.ok();
    assert_eq!(enrollments["items"][0]["steps"][0]["userid"], "zhang", "a touch that a colleague makes");
    for shown in [&view, &enrollments] {
        assert!(!shown.to_string().contains("这是报价单"), "its text is the colleague's: {shown:#}");
    }
    assert_eq!(li.get(&format!("/api/v1/tasks/{id}")).await.refused(403)["code"], "not_yours");
    let sent = li.post(&format!("/api/v1/tasks/{id}/sent"), json!({})).await;
    assert_eq!(sent.refused(403)["code"], "not_yours");
    assert!(items(&li.get("/api/v1/tasks").await.ok()["items"]).is_empty());

    // In nobody's name but one's own; a manager reads, and sends nothing.
    li.get("/api/v1/tasks?userid=zhang").await.refused(403);
    let mut mei = world.signed_in("mei").await;
    let read = mei.get("/api/v1/tasks?userid=zhang").await.ok();
    assert_eq!(read["items"][0]["content"]["text"], task["content"]["text"]);
    for person in [&mut mei, &mut li] {
        let sent = person.post(&format!("/api/v1/tasks/{id}/sent?userid=zhang"), json!({})).await;
        assert_eq!(sent.refused(403)["code"], "forbidden");
    }
    assert_eq!(world.tasks("zhang").await.len(), 1);
    let mut zhang = world.signed_in("zhang").await;
    zhang.post(&format!("/api/v1/tasks/{id}/sent"), json!({})).await.ok();
    assert!(world.tasks("zhang").await.is_empty());
}

#[tokio::test]
async fn one_of_two_who_move_a_card_wins_and_the_other_is_told_where_it_stands() {
    let world = corp().await;
    world.sim("customers/wmzhang/add", json!({"userid": "li"})).await;
    move_to(&world, "wmzhang", "interest").await;
    let mut both = [world.signed_in("zhang").await, world.signed_in("li").await];
    let mut tags = Vec::new();
    for person in &mut both {
        let view = person.get("/api/v1/customers/wmzhang").await.ok();
        tags.push(format!("\"{}\"", view["stages"]["sales"]["rev"]));
    }
    // A talkative customer disturbs neither.
    world.say("wmzhang", "zhang", "你好").await;
    world.say("wmzhang", "li", "在吗").await;

    let path = "/api/v1/customers/wmzhang/stage";
    let [zhang, li] = &mut both;
    let to = |stage: &str| json!({"board": "sales", "stage": stage});
    let (first, second) = ([("if-match", tags[0].as_str())], [("if-match", tags[1].as_str())]);
    let (price, order) = (to("price"), to("order"));
    let (one, other) = futures::join!(
        zhang.send(http::Method::PUT, path, &first, Some(&price)),
        li.send(http::Method::PUT, path, &second, Some(&order)),
    );
    let stage = world.stage("wmzhang", "sales").await;
    let (won, lost, stands) = if one.status == 200 { (one, other, "price") } else { (other, one, "order") };
    assert_eq!((won.status, stage.as_deref()), (200, Some(stands)), "{:#}", won.body);
    let refused = lost.refused(412);
    assert_eq!(
        (&refused["code"], &refused["current"]["stage"]),
        (&json!("precondition_failed"), &json!(stands))
    );
    let rev = won.headers["etag"].trim_matches('"').to_owned();
    assert_eq!(refused["current"]["rev"].to_string(), rev, "what the next attempt has to name");
    assert_eq!(world.facts("wmzhang", "moved").await.len(), 2);
}

#[tokio::test]
async fn nobody_reads_the_jobs_of_a_colleague_and_a_script_in_somebodys_name_reaches_as_far_as_they() {
    let world = corp().await;
    world.sim("tags", json!({"group": "兴趣", "name": "SUV"})).await;
    let everybody = json!({"customers": ["wmzhang", "wmli"], "add": ["兴趣/SUV"]});
    let mut boss = world.signed_in("boss").await;
    let job = boss.post("/api/v1/customers/batch/tags", everybody.clone()).await.ok();
    let mut mei = world.signed_in("mei").await;
    for person in ["boss", "zhang"] {
        let list = format!("/api/v1/jobs?userid={person}");
        assert_eq!(mei.get(&list).await.refused(403)["code"], "forbidden");
        let results = format!("/api/v1/jobs/{}/results?userid={person}", text(&job["id"]));
        assert_eq!(mei.get(&results).await.refused(403)["code"], "forbidden");
    }
    mei.get(&format!("/api/v1/jobs/{}", text(&job["id"]))).await.refused(404);

    let edit = json!({"customers": ["wmzhang", "wmli"], "remove": ["兴趣/SUV"]});
    let job = world.post("/api/v1/customers/batch/tags?userid=zhang", edit).await.ok();
    world.machine.settle().await.unwrap();
    let results = world.get(&format!("/api/v1/jobs/{}/results", text(&job["id"]))).await.ok();
    let outcomes: Vec<String> = items(&results["items"]).iter().map(|item| text(&item["outcome"])).collect();
    assert_eq!(outcomes, ["changed", "refused"], "{results:#}");
}
