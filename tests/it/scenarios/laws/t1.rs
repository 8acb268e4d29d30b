//! One wanted set of tags on every phone.

use serde_json::{Value, json};
use tests::{World, items, text};

use super::{befriended, edit, on_phone, phones};
use crate::scenarios::{import::import, price::company};

/// A tag as the API shows it.
async fn shown(world: &World, name: &str) -> Value {
    let view = world.view("wmA").await;
    items(&view["tags"])
        .into_iter()
        .find(|tag| tag["name"] == name)
        .unwrap_or_else(|| panic!("{name}: {view:#}"))
}

/// 渠道/抖音, made in WeCom, is on Zhang's phone alone since before Stepwise looked; Li is a friend too.
async fn with_history() -> World {
    let world = company().await;
    for name in ["抖音", "视频号"] {
        world.sim("tags", json!({"group": "渠道", "name": name})).await;
    }
    world.sim("faults", json!({"callbacks": "drop"})).await;
    world.customer("wmA", "王先生", "zhang").await;
    world.sim("customers/wmA/add", json!({"userid": "li"})).await;
    on_phone(&world, "zhang", &["渠道/抖音"], &[]).await;
    world.send(http::Method::DELETE, "/sim/control/faults", &[], None).await;
    assert_eq!(import(&world, json!({})).await["state"], "done");
    assert_eq!(world.tags("wmA").await, ["渠道/抖音"]);
    world
}

#[tokio::test]
async fn a_customer_has_one_set_of_tags_whoever_put_them_on() {
    let world = befriended().await;
    world.post("/api/v1/tag-groups", json!({"name": "意向", "tags": ["高", "急"]})).await.ok();
    on_phone(&world, "li", &["意向/高"], &[]).await;
    edit(&world, &["意向/急"], &[]).await;
    assert_eq!(world.tags("wmA").await, ["意向/急", "意向/高"]);
    assert_eq!(phones(&world).await, [vec!["意向/急", "意向/高"], vec!["意向/急", "意向/高"]]);
    on_phone(&world, "zhang", &[], &["意向/急"]).await;
    edit(&world, &[], &["意向/高"]).await;
    assert!(world.tags("wmA").await.is_empty());
    assert_eq!(phones(&world).await, [vec![""; 0], vec![]]);
}

#[tokio::test]
async fn a_group_made_by_stepwise_is_on_every_open_relation_and_on_no_closed_one() {
    let world = befriended().await;
    world.post("/api/v1/tag-groups", json!({"name": "意向", "tags": ["高"]})).await.ok();
    edit(&world, &["意向/高"], &[]).await;
    assert_eq!(phones(&world).await, [vec!["意向/高"], vec!["意向/高"]]);
    world.sim("customers/wmA/block", json!({"userid": "li"})).await;
    edit(&world, &[], &["意向/高"]).await;
    assert_eq!(phones(&world).await, [vec![], vec!["意向/高"]], "a relation that is closed is left as it is");
}

#[tokio::test]
async fn in_another_group_new_changes_go_to_all_phones_and_history_does_not() {
    let world = with_history().await;
    on_phone(&world, "zhang", &["渠道/视频号"], &[]).await;
    assert_eq!(phones(&world).await, [vec!["渠道/抖音", "渠道/视频号"], vec!["渠道/视频号"]]);
    edit(&world, &[], &["渠道/视频号"]).await;
    assert_eq!(phones(&world).await, [vec!["渠道/抖音"], vec![]]);
}

#[tokio::test]
async fn what_a_phone_was_let_be_ends_with_the_next_change_of_that_tag_in_the_console() {
    let world = with_history().await;
    edit(&world, &["渠道/抖音"], &[]).await;
    assert_eq!(phones(&world).await, [vec!["渠道/抖音"], vec!["渠道/抖音"]]);
}

#[tokio::test]
async fn what_a_phone_was_let_be_ends_with_the_next_change_of_that_tag_on_a_phone() {
    let world = with_history().await;
    on_phone(&world, "zhang", &[], &["渠道/抖音"]).await;
    on_phone(&world, "li", &["渠道/抖音"], &[]).await;
    assert_eq!(phones(&world).await, [vec!["渠道/抖音"], vec!["渠道/抖音"]]);
}

#[tokio::test]
async fn a_new_friend_gets_all_that_is_wanted_history_too() {
    let world = with_history().await;
    world.staff(&[("wang", "王五")]).await;
    world.sim("customers/wmA/add", json!({"userid": "wang"})).await;
    assert_eq!(world.wecom_tags("wmA", "wang").await, ["渠道/抖音"]);
    assert!(world.wecom_tags("wmA", "li").await.is_empty(), "whom nobody has asked about stays as they were");
}

#[tokio::test]
async fn a_tag_of_ones_own_is_shown_and_goes_to_nobody_else() {
    let world = befriended().await;
    let own = json!({"external_userid": "wmA", "add_personal": ["老同学"]});
    world.sim("staff/zhang/tag", own).await;
    let view = world.view("wmA").await;
    let of = |staff: &str| {
        let relation = items(&view["relations"]).into_iter().find(|relation| relation["userid"] == staff);
        relation.expect("a relation")["personal_tags"].clone()
    };
    assert_eq!((of("zhang"), of("li")), (json!(["老同学"]), json!([])));
    assert!(world.tags("wmA").await.is_empty());
    let contact = world.get("/sim/control/contacts/wmA").await.ok();
    let with_it =
        items(&contact["relations"]).iter().filter(|it| it["personal_tags"] == json!(["老同学"])).count();
    assert_eq!(with_it, 1);
}

#[tokio::test]
async fn each_tag_tells_where_it_came_from_why_and_since_when() {
    let world = befriended().await;
    world.post("/api/v1/tag-groups", json!({"name": "意向", "tags": ["高", "急", "问价"]})).await.ok();
    let rule = json!({"name": "问价", "when": {"message_contains": {"any": ["便宜"]}}, "then": [{"add_tag": "意向/问价"}]});
    world.rule("cheaper", rule).await;
    on_phone(&world, "li", &["意向/高"], &[]).await;
    edit(&world, &["意向/急"], &[]).await;
    world.say("wmA", "zhang", "能便宜点吗").await;
    super::drag(&world, "interest").await;
    for (name, by, who, cause) in [
        ("高", "phone", "李四", "fetched"),
        ("急", "api", "", "tags_edited"),
        ("问价", "rule", "问价", "message_received"),
        ("了解产品", "stage", "销售", "stage_moved"),
    ] {
        let tag = shown(&world, name).await;
        assert_eq!(
            (text(&tag["origin"]["by"]), text(&tag["origin"]["name"])),
            (by.into(), who.into()),
            "{tag}"
        );
        assert_eq!((&tag["since"], &tag["expires_at"]), (&json!(world.now().to_string()), &Value::Null));
        let entry = world.timeline("wmA").await.into_iter().find(|entry| entry["id"] == tag["entry"]);
        assert_eq!(entry.expect("the entry that tells the cause")["kind"], cause);
    }
}
