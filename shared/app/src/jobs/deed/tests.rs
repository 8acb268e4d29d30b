use domain::{
    Actor, TagId,
    fact::{IgnoreReason, TagRefusal, UndoRefusal},
};
use store::JobOrder;

use super::*;

fn fact(what: What, because: Option<u16>) -> Fact {
    Fact { what, because }
}

fn tags(ids: &[&str]) -> BTreeSet<TagId> {
    ids.iter().map(|id| TagId::from(*id)).collect()
}

fn job(what: JobKind) -> Job {
    let order = JobOrder {
        what,
        reason: None,
        by: Actor::Stepwise,
        origin: None,
        sight: None,
        created_at: Timestamp::from_ms(0),
        total: 1,
        of: None,
        fingerprint: String::new(),
    };
    Job::new("j1".into(), order)
}

fn outcome(what: JobKind, facts: &[Fact]) -> ItemOutcome {
    Deed { job: &job(what), entries: BTreeMap::new() }.outcome(facts)
}

fn moved() -> What {
    What::Moved {
        board: "sales".into(),
        from: None,
        to: Some("price".into()),
        rev: 1,
        hidden: false,
        since_before: None,
    }
}

fn tagged() -> What {
    What::Tagged { tag: "et1".into(), expires_at: None, found: false }
}

#[test]
fn only_what_the_job_itself_did_counts() {
    let edit = || JobKind::EditTags { add: tags(&["et1", "et2"]), remove: tags(&["et3"]), expires_at: None };
    let outcome = |facts: &[Fact]| outcome(edit(), facts);
    let untagged = |tag: &str| What::Untagged { tag: tag.into() };
    let refused = || What::TagRefused { tag: "et2".into(), reason: TagRefusal::TooMany };
    let completed = || What::Completed { sop: "price".into(), n: 1 };
    assert_eq!(outcome(&[fact(tagged(), None), fact(refused(), None)]), ItemOutcome::Changed);
    assert_eq!(outcome(&[fact(untagged("et3"), None)]), ItemOutcome::Changed);
    assert_eq!(outcome(&[fact(refused(), None)]), ItemOutcome::Refused);
    assert_eq!(outcome(&[fact(completed(), None)]), ItemOutcome::Unchanged);
    assert_eq!(outcome(&[fact(completed(), None), fact(tagged(), Some(0))]), ItemOutcome::Unchanged);
    assert_eq!(outcome(&[fact(moved(), None), fact(tagged(), Some(0))]), ItemOutcome::Changed);
    // A tag that was deleted meanwhile, and a card that a new board found.
    assert_eq!(outcome(&[fact(untagged("et9"), None)]), ItemOutcome::Unchanged);
    assert_eq!(outcome(&[fact(moved(), None), fact(untagged("et8"), Some(0))]), ItemOutcome::Unchanged);
    assert_eq!(outcome(&[fact(untagged("et9"), None), fact(refused(), None)]), ItemOutcome::Refused);
}

#[test]
fn a_card_that_somebody_moved_meanwhile_is_refused_and_one_without_its_tag_gets_it() {
    let to = |stage: &str| JobKind::MoveStage {
        board: "sales".into(),
        stage: Some(stage.into()),
        only_from: Some("lead".into()),
    };
    let put = || JobKind::PutStageTag { board: "sales".into(), stage: "price".into() };
    let ignored = || What::Ignored { reason: IgnoreReason::CardChanged };
    assert_eq!(outcome(to("price"), &[fact(moved(), None), fact(tagged(), Some(0))]), ItemOutcome::Changed);
    assert_eq!(outcome(to("price"), &[fact(ignored(), None)]), ItemOutcome::Refused);
    assert_eq!(outcome(to("order"), &[fact(moved(), Some(3))]), ItemOutcome::Unchanged);
    assert_eq!(outcome(put(), &[fact(tagged(), None)]), ItemOutcome::Changed);
    assert_eq!(outcome(put(), &[fact(ignored(), None)]), ItemOutcome::Refused);
    assert_eq!(outcome(put(), &[]), ItemOutcome::Unchanged);
}

#[test]
fn a_conflict_of_a_new_board_is_told_though_the_customer_was_changed() {
    let what = JobKind::Board { board: "sales".into() };
    let lost = What::StageConflict {
        board: "sales".into(),
        staff: "li".into(),
        lost: "lead".into(),
        won: "price".into(),
    };
    let job = job(what);
    let deed = Deed { job: &job, entries: BTreeMap::new() };
    let facts = vec![fact(moved(), None), fact(lost.clone(), Some(0))];
    let result = deed.result(&"wm1".into(), Fate::Handled(Some((3, facts))));
    assert_eq!((result.outcome, result.refusals), (ItemOutcome::Changed, vec![lost]));
    assert_eq!(deed.outcome(&[]), ItemOutcome::Changed, "only valued anew");
}

#[test]
fn what_could_not_be_taken_back_is_told_whatever_it_was_part_of() {
    let what = || JobKind::Undo { job: "j0".into() };
    let refused = || What::UndoRefused { version: 3, reason: UndoRefusal::ChangedSince };
    let undone = fact(What::Undone { version: 3 }, None);
    assert_eq!(outcome(what(), &[fact(refused(), None)]), ItemOutcome::Refused);
    assert_eq!(outcome(what(), &[undone.clone(), fact(refused(), Some(0))]), ItemOutcome::Changed);
    let job = job(what());
    let deed = Deed { job: &job, entries: BTreeMap::new() };
    let facts = vec![undone, fact(refused(), Some(0))];
    assert_eq!(deed.result(&"wm1".into(), Fate::Handled(Some((4, facts)))).refusals, [refused()]);
}

#[test]
fn no_two_customers_share_a_receipt_whatever_is_in_their_ids() {
    let key = |customer: &str| signal_id(&"j1".into(), customer).key().to_owned();
    assert_ne!(key("wm.1"), key("wm.2"));
    assert_ne!(key("wmA"), key("wma"));
    assert_eq!(key("wm.1"), key("wm.1"));
}
