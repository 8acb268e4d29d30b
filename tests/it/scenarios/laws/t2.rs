//! The tag of a stage is the stage.

use serde_json::json;
use tests::{items, text};

use super::{befriended, drag, edit, on_phone, phones, stage};

#[tokio::test]
async fn a_customer_has_one_tag_of_a_boards_group_whichever_side_puts_on_the_second() {
    let world = befriended().await;
    on_phone(&world, "zhang", &["客户状态/了解产品"], &[]).await;
    on_phone(&world, "li", &["客户状态/考虑价格"], &[]).await;
    assert_eq!(world.tags("wmA").await, ["客户状态/考虑价格"]);
    assert_eq!(phones(&world).await, [vec!["客户状态/考虑价格"], vec!["客户状态/考虑价格"]]);
    edit(&world, &["客户状态/下定"], &[]).await;
    assert_eq!(world.tags("wmA").await, ["客户状态/下定"]);
    assert_eq!(phones(&world).await, [vec!["客户状态/下定"], vec!["客户状态/下定"]]);
}

#[tokio::test]
async fn a_stage_tag_that_is_renamed_in_wecom_is_the_same_stage_because_it_is_bound_by_id() {
    let world = befriended().await;
    drag(&world, "interest").await;
    let rename = json!({"action": "rename", "group": "客户状态", "name": "了解产品", "to": "有兴趣"});
    world.sim("tags", rename).await;
    assert_eq!(stage(&world).await.as_deref(), Some("interest"));
    assert_eq!(phones(&world).await, [vec!["客户状态/有兴趣"], vec!["客户状态/有兴趣"]]);
    drag(&world, "price").await;
    on_phone(&world, "li", &["客户状态/有兴趣"], &["客户状态/考虑价格"]).await;
    assert_eq!(stage(&world).await.as_deref(), Some("interest"));
    assert_eq!(world.tags("wmA").await, ["客户状态/有兴趣"]);
}

#[tokio::test]
async fn a_group_that_is_deleted_in_wecom_moves_nobody_and_every_stage_lacks_its_tag() {
    let world = befriended().await;
    drag(&world, "interest").await;
    world.sim("tags", json!({"action": "delete", "group": "客户状态"})).await;
    world.say("wmA", "zhang", "你好").await;
    assert_eq!(stage(&world).await.as_deref(), Some("interest"));
    assert!(world.tags("wmA").await.is_empty());
    let board = world.get("/api/v1/boards/sales").await.ok();
    assert!(items(&board["stages"]).iter().all(|stage| stage["tag_missing"] == true), "{board:#}");
    // Dragged all the same, and nothing is written to phones.
    drag(&world, "price").await;
    assert_eq!(stage(&world).await.as_deref(), Some("price"));
    assert_eq!(phones(&world).await, [vec![""; 0], vec![]]);
}

#[tokio::test]
async fn a_stage_tag_taken_off_without_a_successor_takes_the_card_off_from_either_side() {
    let world = befriended().await;
    for from_console in [true, false] {
        drag(&world, "price").await;
        if from_console {
            edit(&world, &[], &["客户状态/考虑价格"]).await;
        } else {
            on_phone(&world, "li", &[], &["客户状态/考虑价格"]).await;
        }
        assert_eq!(stage(&world).await, None);
        assert_eq!(phones(&world).await, [vec![""; 0], vec![]]);
        let sops = world.enrollments("wmA").await;
        assert!(sops.iter().all(|sop| text(&sop["state"]) != "active"), "{sops:#?}");
    }
}

#[tokio::test]
async fn a_stage_tag_that_gives_way_to_its_successor_is_one_move_from_either_side() {
    let world = befriended().await;
    drag(&world, "interest").await;
    on_phone(&world, "li", &["客户状态/考虑价格"], &["客户状态/了解产品"]).await;
    edit(&world, &["客户状态/下定"], &["客户状态/考虑价格"]).await;
    assert_eq!(stage(&world).await.as_deref(), Some("order"));
    assert_eq!(world.facts("wmA", "moved").await.len(), 3);
}
