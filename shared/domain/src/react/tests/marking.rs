//! Writing tags to WeCom: intent, result, doubt (§1, T1).

use super::fixture::{Desk, kinds};
use crate::{
    Happening, What,
    file::TagDifference,
    react::Work,
    signal::{CallResult, Performed},
};

fn marked(desk: &Desk, result: CallResult) -> Performed {
    let tags = desk.relation("anna").marking.clone().unwrap().tags;
    Performed::Marked { staff: "anna".into(), began: u64::MAX, tags, result, settled: None }
}

/// Anna's friend, whose new tag is being written.
fn being_marked() -> Desk {
    let mut desk = Desk::with_friend();
    let (add, remove) = (["vip".into()].into(), [].into());
    desk.hear(Happening::TagsEdited { add, remove, expires_at: None });
    assert_eq!(desk.take_work(), [Work::Mark("anna".into())]);
    desk
}

#[test]
fn a_marking_that_failed_pauses_and_is_tried_again() {
    let mut desk = being_marked();
    let failed = marked(&desk, CallResult::Failed);
    desk.performed(failed.clone());
    let once = desk.file.clone();
    assert!(desk.performed(failed).is_quiet(&once), "told twice is told once");
    assert_eq!(desk.file.wake_at, Some(desk.now.plus_secs(2)));
    desk.wait(desk.now.plus_secs(2));
    assert_eq!(desk.phone("anna"), ["vip"]);
}

#[test]
fn a_phone_edit_is_read_while_a_marking_merely_waits_for_its_next_attempt() {
    let mut desk = being_marked();
    desk.performed(marked(&desk, CallResult::Failed));
    desk.wecom.edit("anna", &["vip"], &[]);
    desk.hear(Happening::ContactEdited { staff: "anna".into() });
    assert!(desk.work.contains(&Work::Fetch), "nothing has been written, so nothing would be thrown away");
    desk.settle();
    assert_eq!(desk.file.fetch, None);
    assert!(desk.tags().contains(&"vip"), "{:?}", desk.tags());
}

#[test]
fn a_marking_that_may_have_had_its_effect_is_repeated_and_the_fetch_behind_it_is_believed() {
    let mut desk = being_marked();
    desk.wecom.edit("anna", &["vip"], &[]);
    desk.performed(marked(&desk, CallResult::Ambiguous));
    // Before it is settled somebody takes the tag off again.
    let (add, remove) = ([].into(), ["vip".into()].into());
    desk.hear(Happening::TagsEdited { add, remove, expires_at: None });
    desk.wait(desk.now.plus_mins(1));
    assert!(desk.phone("anna").is_empty());
    desk.hear(Happening::ContactEdited { staff: "anna".into() });
    desk.settle();
    assert!(desk.tags().is_empty(), "nobody put it on by hand: {:?}", desk.tags());
}

#[test]
fn a_marking_whose_worker_died_is_settled_by_the_next() {
    let mut desk = being_marked();
    desk.wecom.edit("anna", &["vip"], &[]);
    let late = marked(&desk, CallResult::Done);
    desk.now = desk.now.plus_secs(60);
    desk.hear(Happening::Woken);
    assert!(desk.relation("anna").marking.as_ref().is_some_and(|marking| marking.settle));
    desk.settle();
    assert_eq!(desk.phone("anna"), ["vip"]);
    let once = desk.file.clone();
    assert!(desk.performed(late).is_quiet(&once), "the dead worker's result comes too late to matter");
}

#[test]
fn a_marking_that_was_not_called_keeps_the_doubt_of_an_earlier_one() {
    let mut desk = being_marked();
    desk.performed(marked(&desk, CallResult::Ambiguous));
    desk.now = desk.now.plus_secs(2);
    desk.hear(Happening::Woken);
    desk.take_work();
    desk.performed(marked(&desk, CallResult::NotCalled));
    assert!(desk.relation("anna").marking.as_ref().is_some_and(|marking| marking.settle));
    desk.wait(desk.now.plus_mins(1));
    assert_eq!(desk.phone("anna"), ["vip"]);
}

#[test]
fn a_refusal_that_will_not_pass_rests_until_the_tags_change() {
    let mut desk = being_marked();
    let reaction = desk.performed(marked(&desk, CallResult::Refused { code: 40068 }));
    assert_eq!(kinds(&reaction), ["mark_held"]);
    desk.hear(Happening::Woken);
    assert!(desk.work.is_empty());
    let (add, remove) = (["car".into()].into(), [].into());
    desk.hear(Happening::TagsEdited { add, remove, expires_at: None });
    desk.settle();
    assert_eq!(desk.phone("anna"), ["car", "vip"]);
}

#[test]
fn a_second_friend_gets_the_wanted_tags_and_keeps_those_the_colleague_chose() {
    let mut desk = Desk::at_stage("new");
    desk.add("ben");
    assert!(desk.work.contains(&Work::Mark("ben".into())));
    desk.wecom.edit("ben", &["vip"], &[]);
    desk.settle();
    assert_eq!((desk.phone("ben"), desk.phone("anna")), (vec!["new", "vip"], vec!["new", "vip"]));
}

#[test]
fn a_stage_chosen_while_adding_a_friend_counts_as_an_edit() {
    let mut desk = Desk::at_stage("new");
    desk.add("ben");
    desk.wecom.edit("ben", &["price"], &[]);
    desk.settle();
    assert_eq!(
        (desk.stage(), desk.phone("anna"), desk.phone("ben")),
        (Some("price"), vec!["price"], vec!["price"])
    );
}

#[test]
fn what_is_written_to_wecom_is_told_once() {
    let mut desk = being_marked();
    let done = marked(&desk, CallResult::Done);
    desk.performed(done.clone());
    desk.performed(done);
    let tags = TagDifference { add: ["vip".into()].into(), remove: [].into() };
    assert_eq!(desk.told(|what| *what == What::Marked { staff: "anna".into(), tags: tags.clone() }), 1);
}
