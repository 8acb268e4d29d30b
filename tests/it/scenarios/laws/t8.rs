//! Rules move cards forward, people anywhere.

use serde_json::{Value, json};
use tests::World;

use super::{befriended, drag, edit, on_phone, phones, stage};

async fn rule(world: &World, moves: Option<&str>) {
    let mut rule = json!({"name": "回到了解", "when": {"message_contains": {"any": ["再看看"]}},
                          "then": [{"add_tag": "客户状态/了解产品"}]});
    if let Some(moves) = moves {
        rule["moves"] = Value::from(moves);
    }
    world.rule("look-again", rule).await;
}

#[tokio::test]
async fn a_rule_that_would_move_a_card_back_moves_nothing_puts_on_no_tag_and_a_fact_says_so() {
    let world = befriended().await;
    rule(&world, None).await;
    drag(&world, "price").await;
    world.say("wmA", "zhang", "再看看").await;
    assert_eq!(stage(&world).await.as_deref(), Some("price"));
    assert_eq!(world.tags("wmA").await, ["客户状态/考虑价格"]);
    assert_eq!(phones(&world).await, [vec!["客户状态/考虑价格"], vec!["客户状态/考虑价格"]]);
    assert_eq!(world.facts("wmA", "move_refused").await.len(), 1);
    assert_eq!(world.facts("wmA", "rule_fired").await.len(), 1);
}

#[tokio::test]
async fn a_rule_that_may_move_anywhere_does_also_out_of_won() {
    let world = befriended().await;
    rule(&world, Some("any")).await;
    drag(&world, "order").await;
    world.say("wmA", "zhang", "再看看").await;
    assert_eq!(stage(&world).await.as_deref(), Some("interest"));
    assert_eq!(phones(&world).await, [vec!["客户状态/了解产品"], vec!["客户状态/了解产品"]]);
}

#[tokio::test]
async fn people_move_a_card_back_and_out_of_won_by_drag_by_phone_and_by_tag() {
    let world = befriended().await;
    drag(&world, "order").await;
    drag(&world, "interest").await;
    assert_eq!(stage(&world).await.as_deref(), Some("interest"));
    drag(&world, "order").await;
    on_phone(&world, "li", &["客户状态/考虑价格"], &["客户状态/下定"]).await;
    assert_eq!(stage(&world).await.as_deref(), Some("price"));
    drag(&world, "order").await;
    edit(&world, &["客户状态/了解产品"], &[]).await;
    assert_eq!(stage(&world).await.as_deref(), Some("interest"));
    assert!(world.facts("wmA", "move_refused").await.is_empty());
}
