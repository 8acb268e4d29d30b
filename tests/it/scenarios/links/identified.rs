//! Who opens a link that several have: WeCom is asked, if the corp wants it.

use app::LinkFor;
use serde_json::{Value, json};
use tests::{World, at, items, text};

use super::{PHONE, PREVIEW, TARGET, batch, counted, counts, get, leads_to, library, link, touch};

async fn identify(world: &World, wanted: bool) {
    let mut settings = world.get("/api/v1/settings").await.ok();
    assert_eq!(settings["links"], json!({"identify": !wanted}));
    settings["links"] = json!({"identify": wanted});
    let put = world.send(http::Method::PUT, "/api/v1/settings", &[("if-match", "*")], Some(&settings)).await;
    assert_eq!(put.ok()["links"], json!({"identify": wanted}));
}

/// Where the door sends somebody first, and with which state.
async fn away(world: &World, url: &str) -> (String, String) {
    let sent = get(world, url, &PHONE).await;
    assert_eq!(sent.status, 302);
    let to = sent.headers["location"].clone();
    assert!(to.contains("/connect/oauth2/authorize?appid=") && to.ends_with("#wechat_redirect"), "{to}");
    assert!(to.contains("scope=snsapi_base") && to.contains("agentid="), "{to}");
    let state = to.split("state=").nth(1).and_then(|rest| rest.split('&').next()).unwrap().to_owned();
    assert!(state.len() <= 128 && state.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{state}");
    (format!("{url}/back"), state)
}

/// The address with which WeCom sends somebody back.
async fn back(world: &World, url: &str, who: Value) -> String {
    let (back, state) = away(world, url).await;
    let mut grant = json!({"redirect_uri": back, "state": state});
    grant.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
    text(&world.sim("oauth/code", grant).await["location"])
}

#[tokio::test]
async fn the_opener_of_a_batch_is_asked_for_only_if_the_corp_wants_it() {
    let world = library().await;
    let url = link(&world, &batch()).await;
    let opened = world.sim("customers/wmA/open", json!({"url": url})).await;
    assert_eq!(items(&opened["hops"]).len(), 1, "{opened:#}");
    assert_eq!(counted(&world).await, counts(&[("anonymous", 1)]));

    identify(&world, true).await;
    for customer in ["wmA", "wmB"] {
        let opened = world.sim(&format!("customers/{customer}/open"), json!({"url": url})).await;
        assert_eq!(items(&opened["hops"]).len(), 3, "{opened:#}");
        assert_eq!(opened["url"], TARGET.split('#').next().unwrap());
        assert_eq!(world.facts(customer, "link_opened").await.len(), 1);
    }
    let staff = link(&world, &LinkFor::Staff("zhang".into())).await;
    world.sim("customers/wmA/open", json!({"url": staff})).await;
    assert_eq!(world.facts("wmA", "link_opened").await.len(), 2);
    assert_eq!(counted(&world).await, counts(&[("anonymous", 1), ("openings", 3)]));

    // Nobody is sent there who has an own link, is a machine, or is not in WeChat.
    leads_to(&get(&world, &link(&world, &touch("wmA")).await, &PHONE).await, TARGET);
    leads_to(&get(&world, &url, &PREVIEW).await, TARGET);
    let agent =
        ("user-agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0");
    leads_to(&get(&world, &url, &[agent, PHONE[1], PHONE[2]]).await, TARGET);
    identify(&world, false).await;
    leads_to(&get(&world, &url, &PHONE).await, TARGET);
}

#[tokio::test]
async fn the_way_back_loaded_again_counts_nobody_twice() {
    let world = library().await;
    identify(&world, true).await;
    let url = link(&world, &batch()).await;
    let address = back(&world, &url, json!({"external_userid": "wmA"})).await;
    for _ in 0..3 {
        leads_to(&get(&world, &address, &PHONE).await, TARGET);
    }
    world.until(at("2026-03-02 09:40")).await;
    assert_eq!(world.facts("wmA", "link_opened").await.len(), 1);
    assert_eq!(counted(&world).await, counts(&[("openings", 1)]));
}

#[tokio::test]
async fn staff_who_look_and_strangers_are_no_customers() {
    let world = library().await;
    world.sim("customers", json!({"external_userid": "wmStranger", "name": "路人"})).await;
    identify(&world, true).await;
    let url = link(&world, &batch()).await;
    leads_to(&get(&world, &back(&world, &url, json!({"userid": "zhang"})).await, &PHONE).await, TARGET);
    assert!(counted(&world).await.is_empty());
    let stranger = back(&world, &url, json!({"external_userid": "wmStranger"})).await;
    leads_to(&get(&world, &stranger, &PHONE).await, TARGET);
    assert_eq!(counted(&world).await, counts(&[("anonymous", 1)]));
}

#[tokio::test]
async fn whatever_goes_wrong_with_asking_the_customer_gets_there_unknown() {
    let world = library().await;
    identify(&world, true).await;
    let url = link(&world, &batch()).await;
    let mut expected = 0;
    for trouble in [
        json!({"errcode": -1}),
        json!({"errcode": 60020}),
        json!({"errcode": 45009}),
        json!({"timeout_before": true}),
        json!({"timeout_after": true}),
        json!({"garbage": true}),
        json!({"http_status": 502}),
    ] {
        let address = back(&world, &url, json!({"external_userid": "wmA"})).await;
        let mut fault = trouble.clone();
        fault["api"] = json!("auth/getuserinfo");
        fault["times"] = json!(1);
        world.sim("faults", fault).await;
        leads_to(&get(&world, &address, &PHONE).await, TARGET);
        expected += 1;
        assert_eq!(counted(&world).await, counts(&[("anonymous", expected)]), "{trouble}");
        world.send(http::Method::DELETE, "/sim/control/faults", &[], None).await;
        world.until(world.now().plus_mins(31)).await;
    }
    let (back, state) = away(&world, &url).await;
    let other = link(&world, &LinkFor::Staff("zhang".into())).await;
    world.until(world.now().plus_mins(31)).await;
    for wrong in [
        // Too late; of another link; nothing; forged.
        format!("{back}?code=CODE&state={state}"),
        format!("{other}/back?code=CODE&state={}", away(&world, &url).await.1),
        back.clone(),
        format!("{back}?code=CODE&state={}", "0".repeat(42)),
    ] {
        leads_to(&get(&world, &wrong, &PHONE).await, TARGET);
    }
    assert_eq!(
        counted(&world).await,
        counts(&[("anonymous", expected + 2)]),
        "from two links in one half hour"
    );
    assert!(world.facts("wmA", "link_opened").await.is_empty());
}

#[tokio::test]
async fn a_code_that_wecom_does_not_know_is_somebody_who_opened_the_link() {
    let world = library().await;
    identify(&world, true).await;
    let url = link(&world, &batch()).await;
    let address = back(&world, &url, json!({"external_userid": "wmA"})).await;
    world.sim("faults", json!({"api": "auth/getuserinfo", "errcode": 40029, "times": 1})).await;
    for _ in 0..2 {
        leads_to(&get(&world, &address, &PHONE).await, TARGET);
    }
    assert_eq!(counted(&world).await, counts(&[("anonymous", 1)]));
}

#[tokio::test]
async fn whoever_makes_up_codes_is_soon_no_longer_asked_for_and_still_gets_there() {
    let world = library().await;
    identify(&world, true).await;
    let url = link(&world, &batch()).await;
    let (way_back, state) = away(&world, &url).await;
    for n in 0..40 {
        leads_to(&get(&world, &format!("{way_back}?code=made-up-{n}&state={state}"), &PHONE).await, TARGET);
    }
    assert_eq!(counted(&world).await, counts(&[("anonymous", 1)]));
    let good = back(&world, &url, json!({"external_userid": "wmA"})).await;
    leads_to(&get(&world, &good, &PHONE).await, TARGET);
    assert!(world.facts("wmA", "link_opened").await.is_empty(), "WeCom is not asked for whoever is there");
    // The bucket drains.
    world.until(world.now().plus_mins(5)).await;
    let good = back(&world, &url, json!({"external_userid": "wmA"})).await;
    leads_to(&get(&world, &good, &PHONE).await, TARGET);
    assert_eq!(world.facts("wmA", "link_opened").await.len(), 1);
}

#[tokio::test]
async fn without_a_token_at_hand_nobody_waits_for_one() {
    let world = library().await;
    identify(&world, true).await;
    let url = link(&world, &batch()).await;
    let store = &world.machine.app.store;
    let app = world.machine.app.corp.agent_id.to_string();
    let token = store.token(&app).await.unwrap().unwrap().token;
    store.forget_token(&app, &token).await.unwrap();
    let address = back(&world, &url, json!({"external_userid": "wmA"})).await;
    leads_to(&get(&world, &address, &PHONE).await, TARGET);
    assert_eq!(counted(&world).await, counts(&[("anonymous", 1)]));
}
