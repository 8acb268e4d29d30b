//! Friends come and go, on either side (T6).

use http::Method;
use serde_json::{Value, json};
use tests::{World, at, items, text};

use super::price::company;

/// Wang is Zhang's friend since Monday, 09:00, and stands at 考虑价格; the first step of its SOP is open.
async fn friend() -> World {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "price"})).await.ok();
    world.until(at("2026-03-02 09:52")).await;
    assert_eq!(world.tasks("zhang").await.len(), 1);
    world
}

/// Which side ends it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Staff,
    Customer,
}

const BOTH: [By; 2] = [By::Staff, By::Customer];

impl By {
    fn name(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Customer => "customer",
        }
    }

    fn event(self) -> &'static str {
        match self {
            Self::Staff => "del_external_contact",
            Self::Customer => "del_follow_user",
        }
    }

    async fn ends(self, world: &World, staff: &str) {
        match self {
            Self::Staff => {
                world.sim(&format!("staff/{staff}/delete"), json!({"external_userid": "wmA"})).await
            }
            Self::Customer => world.sim("customers/wmA/block", json!({"userid": staff})).await,
        };
    }
}

async fn relation(world: &World, staff: &str) -> Value {
    let relations = items(&world.view("wmA").await["relations"]);
    relations.into_iter().find(|relation| relation["userid"] == staff).expect("a relation")
}

/// The state of the customer's place in the SOP of 考虑价格, and why it ended.
async fn inside(world: &World) -> (String, Option<String>) {
    let all = world.enrollments("wmA").await;
    let of = all.iter().find(|live| live["sop"] == "price").expect("an enrollment");
    (text(&of["state"]), of["reason"].as_str().map(str::to_owned))
}

async fn cards(world: &World) -> usize {
    items(&world.get("/api/v1/boards/sales/cards?stage=price").await.ok()["items"]).len()
}

#[tokio::test]
async fn whoever_ends_it_is_told_with_when_and_the_other_side_stays_as_it_was() {
    for by in BOTH {
        let world = friend().await;
        world.until(at("2026-03-02 10:00")).await;
        by.ends(&world, "zhang").await;
        let relation = relation(&world, "zhang").await;
        let (this, other) = match by {
            By::Staff => ("staff", "customer"),
            By::Customer => ("customer", "staff"),
        };
        assert_eq!(relation[format!("{this}_side")], "closed", "{by:?} {relation:#}");
        assert_eq!(relation[format!("{this}_side_at")], json!(at("2026-03-02 10:00").to_string()));
        assert_eq!(relation[format!("{other}_side")], "open");
        assert_eq!(relation[format!("{other}_side_at")], json!(at("2026-03-02 09:00").to_string()));

        let view = world.view("wmA").await;
        assert_eq!((&view["hidden"], &view["owner"]), (&json!(true), &Value::Null), "{by:?}");
        assert_eq!(view["stages"]["sales"]["stage"], "price", "the card is hidden, not gone");
        assert_eq!((cards(&world).await, world.tasks("zhang").await.len()), (0, 0));
        assert_eq!(inside(&world).await, ("exited".into(), Some("no_relation".into())));
    }
}

#[tokio::test]
async fn a_colleague_who_is_still_a_friend_takes_over_and_nothing_ends() {
    for by in BOTH {
        let world = friend().await;
        world.sim("customers/wmA/add", json!({"userid": "li"})).await;
        by.ends(&world, "zhang").await;
        let view = world.view("wmA").await;
        assert_eq!((&view["hidden"], &view["owner"]), (&json!(false), &json!("li")), "{by:?}");
        assert_eq!(inside(&world).await, ("active".into(), None));
        assert_eq!((world.tasks("zhang").await.len(), world.tasks("li").await.len()), (0, 1));
        assert_eq!((cards(&world).await, world.wecom_tags("wmA", "li").await.len()), (1, 1));
    }
}

#[tokio::test]
async fn back_within_thirty_days_they_go_on_and_the_earlier_friendship_is_kept() {
    for by in BOTH {
        let world = friend().await;
        by.ends(&world, "zhang").await;
        world.until(at("2026-03-20 09:00")).await;
        world.sim("customers/wmA/add", json!({"userid": "zhang"})).await;
        let relation = relation(&world, "zhang").await;
        assert_eq!((&relation["staff_side"], &relation["customer_side"]), (&json!("open"), &json!("open")));
        assert_eq!(relation["added_at"], json!(at("2026-03-20 09:00").to_string()));
        let past = items(&relation["past"]);
        assert_eq!(past.len(), 1, "{by:?}");
        assert_eq!(past[0]["added_at"], json!(at("2026-03-02 09:00").to_string()));
        let ended = json!(at("2026-03-02 09:52").to_string());
        let closed = |side: By| if side == by { ended.clone() } else { Value::Null };
        assert_eq!(past[0]["staff_closed_at"], closed(By::Staff), "{by:?}");
        assert_eq!(past[0]["customer_closed_at"], closed(By::Customer), "{by:?}");

        assert_eq!(inside(&world).await, ("active".into(), None));
        let enrolled = world.facts("wmA", "enrolled").await;
        assert_eq!(
            enrolled.iter().filter(|text| text.contains("考虑价格")).count(),
            1,
            "it does not begin anew"
        );
        assert_eq!(cards(&world).await, 1);
        assert_eq!(world.wecom_tags("wmA", "zhang").await, ["客户状态/考虑价格"]);
    }
}

#[tokio::test]
async fn back_after_more_than_thirty_days_the_card_is_shown_and_the_sop_is_over() {
    for by in BOTH {
        let world = friend().await;
        by.ends(&world, "zhang").await;
        world.until(at("2026-04-03 09:00")).await;
        world.sim("customers/wmA/add", json!({"userid": "zhang"})).await;
        assert_eq!(inside(&world).await, ("exited".into(), Some("no_relation".into())), "{by:?}");
        assert_eq!(cards(&world).await, 1);
    }
}

#[tokio::test]
async fn a_parting_that_is_told_after_they_are_friends_again_changes_nothing() {
    for by in BOTH {
        let world = friend().await;
        let late = json!({"callbacks": "delay", "change": by.event(), "seconds": 7200, "times": 1});
        world.sim("faults", late).await;
        by.ends(&world, "zhang").await;
        world.until(at("2026-03-02 10:30")).await;
        world.sim("customers/wmA/add", json!({"userid": "zhang"})).await;
        world.until(at("2026-03-02 13:00")).await;
        let relation = relation(&world, "zhang").await;
        let side = &relation[format!("{}_side", by.name())];
        assert_eq!(
            (side, &relation["added_at"]),
            (&json!("open"), &json!(at("2026-03-02 10:30").to_string()))
        );
        assert_eq!(world.view("wmA").await["hidden"], false, "{by:?}");
        assert_eq!(inside(&world).await.0, "active");
    }
}

#[tokio::test]
async fn an_adding_that_is_told_after_the_parting_brings_nobody_back() {
    for by in BOTH {
        let world = company().await;
        let late =
            json!({"callbacks": "delay", "change": "add_external_contact", "seconds": 3600, "times": 1});
        world.sim("faults", late).await;
        world.customer("wmA", "王先生", "zhang").await;
        world.until(at("2026-03-02 09:10")).await;
        by.ends(&world, "zhang").await;
        world.until(at("2026-03-02 11:00")).await;
        let relation = relation(&world, "zhang").await;
        assert_eq!(relation[format!("{}_side", by.name())], "closed", "{by:?}: {relation:#}");
        assert!(world.enrollments("wmA").await.is_empty());
    }
}

#[tokio::test]
async fn a_customer_who_parted_is_not_back_because_wecom_still_shows_them() {
    let world = friend().await;
    By::Customer.ends(&world, "zhang").await;
    // WeCom keeps a one-way contact, which staff may tag.
    let edit = json!({"external_userid": "wmA", "add": ["客户状态/了解产品"]});
    world.sim("staff/zhang/tag", edit).await;
    world.until(at("2026-03-02 10:30")).await;
    assert_eq!(relation(&world, "zhang").await["customer_side"], "closed");
    assert_eq!(inside(&world).await.0, "exited");
    // Nor does the nightly comparison think so.
    let job = world.post("/api/v1/customers/reconcile", json!({})).await.ok();
    world.machine.settle().await.unwrap();
    let job = world.get(&format!("/api/v1/jobs/{}", text(&job["id"]))).await.ok();
    let differences = &job["reading"]["differences"];
    assert_eq!((&differences["relations"], &differences["lost"]), (&json!(0), &json!(0)), "{job:#}");
    assert_eq!(relation(&world, "zhang").await["customer_side"], "closed");
}

#[tokio::test]
async fn what_wecom_refuses_to_mark_for_want_of_a_friend_has_lost_the_staffs_side() {
    let world = friend().await;
    world.until(at("2026-03-02 10:00")).await;
    world.sim("faults", json!({"callbacks": "drop", "change": "del_external_contact"})).await;
    By::Staff.ends(&world, "zhang").await;
    world.send(Method::DELETE, "/sim/control/faults", &[], None).await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "interest"})).await.ok();
    world.machine.settle().await.unwrap();
    let relation = relation(&world, "zhang").await;
    assert_eq!((&relation["staff_side"], &relation["customer_side"]), (&json!("closed"), &json!("open")));
    assert_eq!(inside(&world).await.0, "exited");
}

#[tokio::test]
async fn whoever_was_only_half_added_waits_for_staff_to_add_back() {
    let world = company().await;
    world.sim("customers", json!({"external_userid": "wmA", "name": "王先生"})).await;
    world.sim("customers/wmA/add", json!({"userid": "zhang", "half": true})).await;
    let half = relation(&world, "zhang").await;
    assert_eq!((&half["half"], &half["customer_side"]), (&json!(true), &json!("open")));
    assert_eq!(world.view("wmA").await["hidden"], true);
    world.until(at("2026-03-02 09:20")).await;
    world.sim("customers/wmA/add", json!({"userid": "zhang"})).await;
    let whole = relation(&world, "zhang").await;
    assert_eq!((&whole["half"], &whole["staff_side"]), (&json!(false), &json!("open")));
    assert_eq!(items(&whole["past"]).len(), 0, "it was never a friendship before");
}
