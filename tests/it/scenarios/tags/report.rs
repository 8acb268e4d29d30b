//! What tags are good for, told no better than it is known.

use serde_json::{Value, json};
use tests::{World, items, text};

use super::{create, tag_id, usage};
use crate::scenarios::price::company;

async fn put_on(world: &World, customers: std::ops::Range<usize>, tag: &str) {
    for n in customers {
        let path = format!("/api/v1/customers/wm{n}/tags");
        world.post(&path, json!({"add": [tag]})).await.ok();
    }
}

async fn listed(world: &World, query: &str) -> Vec<String> {
    world.machine.settle().await.unwrap();
    let report = world.get(&format!("/api/v1/tags/usage?{query}")).await.ok();
    items(&report["items"]).iter().map(|tag| text(&tag["name"])).collect()
}

#[tokio::test]
async fn a_tag_that_nobody_puts_on_any_more_is_in_the_report() {
    let world = company().await;
    create(&world, "意向", &["高", "低"]).await;
    world.customer("wm0", "王", "zhang").await;
    put_on(&world, 0..1, "意向/高").await;
    let put_at = world.now();
    let high = usage(&world, "高").await;
    assert_eq!((&high["last_put_at"], &high["never_segmented"]), (&json!(put_at.to_string()), &json!(true)));
    assert_eq!(usage(&world, "低").await["last_put_at"], Value::Null, "never since Stepwise looks");
    assert_eq!(usage(&world, "考虑价格").await["never_segmented"], false);
    assert!(!listed(&world, "unused_days=30").await.contains(&"高".to_owned()));
    assert!(listed(&world, "unused_days=30").await.contains(&"低".to_owned()));
    world.until(put_at.plus_days(31)).await;
    assert!(listed(&world, "unused_days=30").await.contains(&"高".to_owned()));
    assert!(!listed(&world, "unused_days=32").await.contains(&"高".to_owned()));
    assert_eq!(listed(&world, "never_segmented=true").await, ["高", "低"]);
    for days in ["0", "-1", "x"] {
        let refused = world.get(&format!("/api/v1/tags/usage?unused_days={days}")).await.refused(422);
        assert_eq!(refused["errors"][0]["pointer"], "/unused_days");
    }
}

#[tokio::test]
async fn a_tag_whose_customers_are_older_than_its_count_is_not_unused() {
    let world = company().await;
    let group = create(&world, "意向", &["高"]).await;
    world.customer("wm0", "王", "zhang").await;
    put_on(&world, 0..1, "意向/高").await;
    world.machine.settle().await.unwrap();
    // As of a store that is older than this count.
    let id = tag_id(&group, "高");
    let off = [(format!("tag#{id}"), -1), (format!("tag#{id}#put"), -1)].into();
    world.machine.app.store.fold(&[], &off, world.now(), "older").await.unwrap();
    assert_eq!(listed(&world, "unused=true").await, [""; 0]);
    let high = usage(&world, "高").await;
    assert_eq!((&high["customers"], &high["never_used"]), (&json!(1), &json!(false)));
}

#[tokio::test]
async fn tags_that_say_the_same_are_found_with_the_one_that_should_stay() {
    let world = company().await;
    create(&world, "渠道", &["抖音", "下定"]).await;
    create(&world, "来源", &["抖音", "短视频", "展会"]).await;
    for n in 0..12 {
        world.customer(&format!("wm{n}"), "王", "zhang").await;
    }
    put_on(&world, 0..12, "来源/短视频").await;
    put_on(&world, 1..12, "渠道/抖音").await;
    put_on(&world, 4..12, "来源/展会").await;
    world.machine.settle().await.unwrap();
    let found = world.get("/api/v1/tags/overlaps").await.ok();
    let shown: Vec<_> = items(&found["items"])
        .iter()
        .map(|pair| (text(&pair["why"]), text(&pair["keep"]["name"]), text(&pair["give_up"]["name"])))
        .collect();
    let own =
        |(why, keep, give_up): (&str, &str, &str)| (why.to_owned(), keep.to_owned(), give_up.to_owned());
    let expected = [
        ("name", "客户状态/下定", "渠道/下定"),
        ("name", "渠道/抖音", "来源/抖音"),
        ("customers", "来源/短视频", "渠道/抖音"),
    ];
    assert_eq!(shown, expected.map(own));
    assert_eq!((&found["items"][2]["both"], &found["items"][2]["either"]), (&json!(11), &json!(12)));
    assert_eq!(
        (&found["compared"], &found["too_large"], &found["left_out"]),
        (&json!(2), &json!(0), &json!(0))
    );
}
