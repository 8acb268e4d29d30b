//! What people did on their phones is read off what was fetched.

use http::Method;
use serde_json::json;
use tests::{World, items};

use super::{befriended, drag, edit, on_phone, phones, stage};
use crate::scenarios::import::reconcile;

/// Edits of which WeCom's word is lost.
async fn unheard(world: &World, staff: &str, add: &[&str]) {
    world.sim("faults", json!({"callbacks": "drop", "change": "edit_external_contact"})).await;
    on_phone(world, staff, add, &[]).await;
    world.send(Method::DELETE, "/sim/control/faults", &[], None).await;
}

#[tokio::test]
async fn what_is_wanted_and_not_yet_on_a_phone_is_not_taken_off_by_an_edit_of_that_phone() {
    let world = befriended().await;
    world.post("/api/v1/tag-groups", json!({"name": "意向", "tags": ["高", "急"]})).await.ok();
    world.sim("faults", json!({"api": "mark_tag", "errcode": -1, "times": 8})).await;
    edit(&world, &["意向/高"], &[]).await;
    assert_eq!(phones(&world).await, [vec![""; 0], vec![]], "WeCom is busy");
    on_phone(&world, "zhang", &["意向/急"], &[]).await;
    assert!(world.tags("wmA").await.contains(&"意向/高".to_owned()), "though the phone does not show it");
    world.until(world.now().plus_mins(30)).await;
    assert_eq!(world.tags("wmA").await, ["意向/急", "意向/高"]);
    assert_eq!(phones(&world).await, [vec!["意向/急", "意向/高"], vec!["意向/急", "意向/高"]]);
}

#[tokio::test]
async fn an_edit_beside_a_mark_that_may_or_may_not_have_happened_is_read_once_that_is_settled() {
    let world = befriended().await;
    world.post("/api/v1/tag-groups", json!({"name": "意向", "tags": ["高", "急"]})).await.ok();
    for (fault, tag, by_hand) in [
        ("timeout_after", "意向/高", "客户状态/了解产品"),
        ("timeout_before", "意向/急", "客户状态/考虑价格"),
    ] {
        world.sim("faults", json!({"api": "mark_tag", fault: true, "times": 2})).await;
        edit(&world, &[tag], &[]).await;
        on_phone(&world, "li", &[by_hand], &[]).await;
        world.until(world.now().plus_mins(30)).await;
        let tags = world.tags("wmA").await;
        assert!(tags.iter().any(|it| it == tag) && tags.iter().any(|it| it == by_hand), "{tags:?}");
        assert_eq!(phones(&world).await, [tags.clone(), tags]);
    }
    assert_eq!(world.facts("wmA", "moved").await.len(), 2, "nothing moved but by hand");
}

#[tokio::test]
async fn of_two_stages_the_one_of_whose_edit_we_were_told_wins_and_the_other_is_told() {
    let world = befriended().await;
    unheard(&world, "zhang", &["客户状态/下定"]).await;
    on_phone(&world, "li", &["客户状态/了解产品"], &[]).await;
    assert_eq!(stage(&world).await.as_deref(), Some("interest"));
    assert_eq!(phones(&world).await, [vec!["客户状态/了解产品"], vec!["客户状态/了解产品"]]);
    let told = world.facts("wmA", "stage_conflict").await;
    assert!(told.len() == 1 && told[0].contains("张三"), "{told:?}");
}

#[tokio::test]
async fn of_two_stages_of_which_nobody_told_the_owners_wins() {
    let world = befriended().await;
    unheard(&world, "zhang", &["客户状态/了解产品"]).await;
    unheard(&world, "li", &["客户状态/下定"]).await;
    world.until(world.now().plus_mins(5)).await;
    let job = reconcile(&world).await;
    assert_eq!(
        (&job["state"], &job["reading"]["differences"]["fetched"]),
        (&json!("done"), &json!(1)),
        "{job:#}"
    );
    assert_eq!(world.view("wmA").await["owner"], "zhang");
    assert_eq!(stage(&world).await.as_deref(), Some("interest"));
    let told = world.facts("wmA", "stage_conflict").await;
    assert!(told.len() == 1 && told[0].contains("李四"), "{told:?}");
}

#[tokio::test]
async fn of_two_stages_that_are_nobodys_in_particular_the_later_wins() {
    let world = befriended().await;
    world.staff(&[("wang", "王五")]).await;
    world.sim("customers/wmA/add", json!({"userid": "wang"})).await;
    unheard(&world, "li", &["客户状态/考虑价格"]).await;
    unheard(&world, "wang", &["客户状态/了解产品"]).await;
    world.until(world.now().plus_mins(5)).await;
    let job = reconcile(&world).await;
    assert_eq!(
        (&job["state"], &job["reading"]["differences"]["fetched"]),
        (&json!("done"), &json!(1)),
        "{job:#}"
    );
    assert_eq!(stage(&world).await.as_deref(), Some("price"));
    assert_eq!(phones(&world).await, [vec!["客户状态/考虑价格"], vec!["客户状态/考虑价格"]]);
    assert_eq!(world.wecom_tags("wmA", "wang").await, ["客户状态/考虑价格"]);
}

#[tokio::test]
async fn a_drag_and_a_phone_in_the_same_second_end_in_one_stage_on_both_sides() {
    let world = befriended().await;
    drag(&world, "interest").await;
    on_phone(&world, "li", &["客户状态/下定"], &["客户状态/了解产品"]).await;
    drag(&world, "price").await;
    assert_eq!(stage(&world).await.as_deref(), Some("price"));
    assert_eq!(phones(&world).await, [vec!["客户状态/考虑价格"], vec!["客户状态/考虑价格"]]);
    assert_eq!(items(&world.view("wmA").await["tags"]).len(), 1);
}
