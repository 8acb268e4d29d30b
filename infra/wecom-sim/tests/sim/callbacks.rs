use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::bench::{Bench, CORP, START_MS};
use crate::opened::Opened;

async fn add(bench: &Bench, id: &str) -> Value {
    bench.control("customers", json!({"external_userid": id})).await;
    bench
        .control(&format!("customers/{id}/add"), json!({"userid": "LiMing", "state": "扫码 & <展会>]]>"}))
        .await
}

#[tokio::test]
async fn an_event_opens_to_what_happened() {
    let bench = Bench::new();
    bench.people().await;
    let added = add(&bench, "wmAnna").await;
    let events = bench.callbacks();
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!(event.receive_id, CORP);
    assert_eq!(event.timestamp, START_MS / 1000);
    for (name, value) in [
        ("ToUserName", CORP),
        ("FromUserName", "sys"),
        ("CreateTime", "1760000000"),
        ("MsgType", "event"),
        ("Event", "change_external_contact"),
        ("ChangeType", "add_external_contact"),
        ("UserID", "LiMing"),
        ("ExternalUserID", "wmAnna"),
        ("WelcomeCode", added["welcome_code"].as_str().expect("a code")),
    ] {
        assert_eq!(event.field(name).as_deref(), Some(value), "{name}");
    }
    assert!(event.xml.contains("<State><![CDATA[扫码 & <展会>]]]]><![CDATA[>]]></State>"));
    let post = &bench.posts()[0];
    assert!(post.body.contains("<AgentID><![CDATA[1000002]]></AgentID>"));
}

#[tokio::test]
async fn every_padding_from_1_to_32_occurs_and_opens() {
    let bench = Bench::new();
    bench.people().await;
    for length in 0..32 {
        add(&bench, &format!("wm{}", "x".repeat(length + 1))).await;
    }
    let pads: BTreeSet<usize> = bench.callbacks().iter().map(|event| event.pad).collect();
    assert_eq!(pads, (1..=32).collect());
}

#[tokio::test]
async fn elements_stand_in_any_order() {
    let bench = Bench::new();
    bench.people().await;
    for n in 0..10 {
        add(&bench, &format!("wm{n}")).await;
    }
    let events = bench.callbacks();
    let orders: BTreeSet<Vec<String>> = events.iter().map(Opened::order).collect();
    assert!(orders.len() > 5, "inside");
    let envelopes: BTreeSet<Option<usize>> =
        bench.posts().iter().map(|post| post.body.find("<Encrypt>")).collect();
    assert!(envelopes.len() > 1, "and in the envelope");
    let ciphertexts: BTreeSet<&str> = events.iter().map(|event| &event.encrypted[..24]).collect();
    assert_eq!(ciphertexts.len(), 10, "16 random bytes begin each");
}

#[tokio::test]
async fn a_failed_delivery_is_tried_at_0_5_and_10_seconds() {
    let bench = Bench::new();
    bench.people().await;
    bench.answer_next([Err("timed out".to_owned()), Ok((500, Vec::new()))]);
    add(&bench, "wmAnna").await;
    assert_eq!(bench.posts().len(), 1);
    assert_eq!(bench.sim.next_event_at(), Some(START_MS + 5000));
    bench.pass_ms(4999);
    bench.sim.run_due().await;
    assert_eq!(bench.posts().len(), 1);
    bench.pass_ms(1);
    bench.sim.run_due().await;
    assert_eq!(bench.posts().len(), 2);
    assert_eq!(bench.sim.next_event_at(), Some(START_MS + 10_000));
    bench.pass(5);
    bench.sim.run_due().await;
    assert_eq!(bench.sim.next_event_at(), None);

    let posts = bench.posts();
    assert_eq!(posts.len(), 3);
    assert!(posts.iter().all(|post| post.body == posts[0].body), "one body");
    let events = bench.callbacks();
    let seconds: Vec<i64> = events.iter().map(|event| event.timestamp - START_MS / 1000).collect();
    assert_eq!(seconds, [0, 5, 10], "each attempt is signed anew");
}

#[tokio::test]
async fn after_three_failures_the_event_is_lost() {
    let bench = Bench::new();
    bench.people().await;
    bench.answer_next((0..3).map(|_| Ok((503, b"no".to_vec()))));
    add(&bench, "wmAnna").await;
    for _ in 0..5 {
        bench.pass(5);
        bench.sim.run_due().await;
    }
    assert_eq!(bench.posts().len(), 3);
    let deliveries = bench.look("deliveries").await;
    assert_eq!(deliveries["items"][0]["fate"], "given_up");
    assert_eq!(deliveries["items"][0]["attempts"][2]["detail"], "no");
    assert!(bench.sim.is_idle());
}

#[tokio::test]
async fn a_202_is_not_the_200_that_wecom_wants() {
    let bench = Bench::new();
    bench.people().await;
    bench.answer_next([Ok((202, Vec::new()))]);
    add(&bench, "wmAnna").await;
    assert_eq!(bench.sim.next_event_at(), Some(START_MS + 5000));
}

#[tokio::test]
async fn callbacks_are_dropped_duplicated_and_delayed_on_demand() {
    let bench = Bench::new();
    bench.people().await;
    bench.control("faults", json!({"callbacks": "drop", "times": 1})).await;
    add(&bench, "wmLost").await;
    assert_eq!(bench.posts().len(), 0);

    bench.control("faults", json!({"callbacks": "duplicate", "times": 1})).await;
    add(&bench, "wmTwice").await;
    let twice = bench.callbacks();
    assert_eq!(twice.len(), 2);
    assert_eq!(twice[0].xml, twice[1].xml);
    bench.forget();

    bench.control("faults", json!({"callbacks": "delay", "seconds": 90, "times": 1})).await;
    add(&bench, "wmLate").await;
    assert_eq!(bench.posts().len(), 0);
    assert_eq!(bench.sim.next_event_at(), Some(START_MS + 90_000));
    bench.pass(90);
    bench.sim.run_due().await;
    let late = bench.callbacks();
    assert_eq!(late.len(), 1);
    assert_eq!(
        late[0].field("CreateTime").as_deref(),
        Some("1760000000"),
        "when it happened, not when it came"
    );
}

#[tokio::test]
async fn a_reordered_callback_is_overtaken_by_the_next() {
    let bench = Bench::new();
    bench.people().await;
    bench.control("faults", json!({"callbacks": "reorder", "times": 1})).await;
    add(&bench, "wmFirst").await;
    assert_eq!(bench.posts().len(), 0);
    add(&bench, "wmSecond").await;
    let order: Vec<Option<String>> =
        bench.callbacks().iter().map(|event| event.field("ExternalUserID")).collect();
    assert_eq!(order, [Some("wmSecond".to_owned()), Some("wmFirst".to_owned())]);

    bench.control("faults", json!({"callbacks": "reorder", "seconds": 7, "times": 1})).await;
    bench.forget();
    add(&bench, "wmAlone").await;
    assert_eq!(bench.sim.next_event_at(), Some(START_MS + 7000), "nobody came");
    bench.pass(7);
    bench.sim.run_due().await;
    assert_eq!(bench.posts().len(), 1);
}

#[tokio::test]
async fn the_contracts_names_for_callback_trouble_work() {
    let bench = Bench::new();
    bench.people().await;
    bench.control("faults", json!({"drop_callbacks": true, "times": 1})).await;
    bench.control("faults", json!({"duplicate_callbacks": 1})).await;
    add(&bench, "wmOne").await;
    add(&bench, "wmTwo").await;
    add(&bench, "wmThree").await;
    let told: Vec<Option<String>> =
        bench.callbacks().iter().map(|event| event.field("ExternalUserID")).collect();
    let (two, three) = (Some("wmTwo".to_owned()), Some("wmThree".to_owned()));
    assert_eq!(told, [two.clone(), two, three]);
}

#[tokio::test]
async fn trouble_can_be_kept_to_one_kind_of_event() {
    let (bench, _) = Bench::befriended().await;
    bench.control("faults", json!({"callbacks": "drop", "change": "del_follow_user"})).await;
    bench.control("customers/wmAnna/block", json!({"userid": "LiMing"})).await;
    add(&bench, "wmBea").await;
    assert_eq!(bench.changes(), ["add_external_contact"]);
}
