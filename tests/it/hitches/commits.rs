//! Commits that somebody else is faster than, that take their time, or of which nobody hears.

use std::sync::Arc;

use app::{Clock as _, Outcome};
use domain::{Actor, File, Happening, Signal, Timestamp, file::Card, rows::Beside};
use store::{CardChange, Commit, JournalEntry};
use tokio::sync::Notify;

use super::{Hitch, Instance, instances};

/// The customer adds this colleague: a commit that shows the card to somebody else.
fn added(staff: &str, at: Timestamp) -> Signal {
    let what = Happening::ContactAdded {
        staff: staff.into(),
        half: false,
        state: None,
        welcome_code: None,
        snapshot: None,
    };
    Signal { id: format!("adds-{staff}").into(), at, by: Actor::Customer, what }
}

/// A customer of 张三 whose card stands on a board; version 1. A minute ago.
async fn customer(instance: &Instance) -> File {
    let at = instance.door.clock.now();
    let mut file = File::new("wm1".into());
    (file.version, file.committed_at) = (1, at);
    file.relations.insert("zhang".into(), domain::Relation::opened(at));
    file.cards.insert("cars".into(), Card { stage: "lead".into(), since: None, rev: 1, amount: None });
    let entry = JournalEntry {
        version: 1,
        at,
        signal: added("zhang", at),
        facts: Vec::new(),
        gauges: std::collections::BTreeMap::new(),
    };
    let commit = Commit {
        loaded_version: 0,
        file: &file,
        entry: &entry,
        receipt: None,
        beside: &Beside::default(),
        audit: None,
        token: "first".into(),
    };
    instance.app.store.commit(&commit).await.unwrap();
    instance.door.pass(60);
    file
}

/// What somebody hears who had read the board's changes up to now, and asks again.
async fn news(instance: &Instance, read: Timestamp) -> Vec<CardChange> {
    let now = instance.door.clock.now();
    let since = read.plus_secs(-store::LOG_LAG_SECONDS);
    let mut found = instance.app.store.changes(&"cars".into(), since, now, 100).await.unwrap().changes;
    found.retain(|change| change.at > since);
    found
}

/// A transaction that is held until somebody lets it through.
fn held() -> (Hitch, Arc<Notify>, Arc<Notify>) {
    let (there, through) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    (Hitch::Held { there: Arc::clone(&there), through: Arc::clone(&through) }, there, through)
}

#[tokio::test]
async fn who_is_late_with_the_same_request_is_answered_with_what_the_first_has_made_of_it() {
    let [one, other] = instances().await;
    let file = customer(&one).await;
    let signal = added("li", one.door.clock.now());
    let (hitch, there, through) = held();
    other.door.hitch(hitch);
    let (late, first) = futures::join!(other.app.handle(&file.id, signal.clone()), async {
        there.notified().await;
        let first = one.app.handle(&file.id, signal.clone()).await.unwrap();
        through.notify_one();
        first
    });
    let late = late.unwrap();
    assert_eq!((first.outcome, late.outcome), (Outcome::Committed, Outcome::Repeated));
    assert_eq!(first.version, 2);
    assert!(
        late.file.relations.contains_key(&"li".into()),
        "not as it was before: {:?}",
        late.file.relations
    );
    assert_eq!(late.file.version, first.file.version);
    let receipt = one.app.store.receipt(&signal.id).await.unwrap().unwrap();
    assert_eq!((receipt.signal, receipt.version), (signal.id, Some(2)));
}

#[tokio::test]
async fn a_commit_that_takes_longer_than_clocks_differ_is_told_of_once_more() {
    let [one] = instances().await;
    let file = customer(&one).await;
    for (staff, seconds, told) in [("li", 4, 0), ("wang", 6, 1)] {
        one.door.pass(60);
        let (begun, signal) = (one.door.clock.now(), added(staff, one.door.clock.now()));
        one.door.hitch(Hitch::Slow(seconds));
        let handled = one.app.handle(&file.id, signal).await.unwrap();
        assert_eq!(handled.outcome, Outcome::Committed);
        // Whose clock is four seconds ahead had read to here when it landed.
        let read = begun.plus_secs(seconds + 4);
        one.door.pass(4);
        let news = news(&one, read.plus_secs(1)).await;
        let again = news.iter().filter(|change| change.at > begun).count();
        assert_eq!(again, told, "after {seconds} s: {news:?}");
        assert!(news.iter().any(|change| change.version == handled.version), "{news:?}");
    }
}

#[tokio::test]
async fn a_commit_of_which_nobody_hears_is_told_of_all_the_same() {
    let [one] = instances().await;
    let file = customer(&one).await;
    let begun = one.door.clock.now();
    one.door.hitch(Hitch::Mute(4));
    let unheard = one.app.handle(&file.id, added("li", begun)).await;
    assert!(unheard.is_err(), "{unheard:?}");
    assert_eq!(one.app.store.load(&file.id).await.unwrap().file.unwrap().version, 2, "it is there");
    assert!(one.door.clock.now() > begun.plus_secs(store::LOG_LAG_SECONDS));
    let news = news(&one, one.door.clock.now()).await;
    assert_eq!(news.iter().map(|change| change.version).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn who_finds_late_that_it_was_done_before_tells_of_it_too() {
    let [one, other] = instances().await;
    let file = customer(&one).await;
    let begun = one.door.clock.now();
    let signal = added("li", begun);
    let (hitch, there, through) = held();
    other.door.hitch(hitch);
    let (late, ()) = futures::join!(other.app.handle(&file.id, signal.clone()), async {
        there.notified().await;
        one.app.handle(&file.id, signal.clone()).await.unwrap();
        one.door.pass(12);
        through.notify_one();
    });
    assert_eq!(late.unwrap().outcome, Outcome::Repeated);
    assert_eq!(news(&one, one.door.clock.now()).await.len(), 1, "whoever was first may have died over it");
}
