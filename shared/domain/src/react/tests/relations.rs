//! Friends come and go (T6): two sides, closed but never deleted.

use super::fixture::{Desk, at, kinds};
use crate::{
    Happening, StaffId, Timestamp, What,
    file::ExitReason,
    react::Work,
    signal::{CallResult, Performed, SideName},
};

fn ended_for_want_of_a_relation(what: &What) -> bool {
    matches!(what, What::Exited { reason: ExitReason::NoRelation, .. })
}

fn removed(staff: &str, side: SideName) -> Happening {
    Happening::ContactRemoved { staff: staff.into(), side, by_transfer: false }
}

#[test]
fn unfriending_by_either_side_hides_the_card_and_ends_the_sops() {
    for side in [SideName::Staff, SideName::Customer] {
        let mut desk = Desk::at_stage("new");
        desk.wait_until("2026-03-02T11:00");
        assert_eq!(desk.open("care"), Some("c1".into()));
        desk.unfriend("anna", side);
        assert!(desk.inside().is_empty());
        assert_eq!(desk.told(ended_for_want_of_a_relation), 2);
        assert_eq!(desk.told(|what| matches!(what, What::CardHidden { .. })), 1);
        assert_eq!((desk.stage(), &desk.file.owner), (Some("new"), &None));
        assert!(desk.outcomes().contains(&"care/c1: cancelled no_relation".into()));
        assert_eq!(desk.file.wake_at, None, "nothing to wake for");
    }
}

#[test]
fn a_happening_that_is_older_than_what_is_known_of_its_side_changes_nothing() {
    let mut desk = Desk::with_friend();
    let before = desk.now.plus_mins(-5);
    let reaction = desk.hear_of(before, removed("anna", SideName::Customer));
    assert_eq!(kinds(&reaction), ["ignored"]);
    assert!(desk.file.has_open_relation());

    desk.now = desk.now.plus_mins(10);
    desk.unfriend("anna", SideName::Customer);
    let reaction = desk.unfriend("anna", SideName::Customer);
    assert_eq!(kinds(&reaction), ["ignored"], "told twice");
    let staff = StaffId::from("anna");
    let added =
        Happening::ContactAdded { staff, half: false, state: None, welcome_code: None, snapshot: None };
    let reaction = desk.hear_of(before, added);
    assert_eq!(kinds(&reaction), ["ignored"], "the adding came before the parting");
    assert!(!desk.file.has_open_relation());
}

#[test]
fn only_a_friendship_that_began_after_the_parting_reopens_a_relation() {
    let mut desk = Desk::with_friend();
    desk.now = desk.now.plus_mins(10);
    // WeCom keeps a one-way contact when the customer parts.
    desk.unfriend("anna", SideName::Customer);
    desk.hear(Happening::ContactEdited { staff: "anna".into() });
    desk.settle();
    assert!(!desk.file.has_open_relation());
    desk.now = desk.now.plus_mins(10);
    desk.wecom.add("anna", desk.now);
    desk.hear(Happening::ContactEdited { staff: "anna".into() });
    desk.settle();
    assert!(desk.file.has_open_relation(), "the event of the adding was lost, the fetch shows it");
}

#[test]
fn a_marking_that_finds_no_relation_closes_the_staffs_side_and_a_colleague_takes_over() {
    let mut desk = Desk::at_stage("new");
    desk.add("ben");
    desk.settle();
    desk.now = Timestamp::from_ms(desk.now.ms() + 500);
    desk.wecom.part("anna", SideName::Staff);
    desk.drag("price");
    desk.settle();
    assert!(!desk.relation("anna").is_open());
    assert_eq!(desk.file.owner, Some("ben".into()));
    assert_eq!(desk.phone("ben"), ["price"]);
    // Added again within the same second, which is all that WeCom tells.
    desk.now = Timestamp::from_ms(desk.now.ms() + 100);
    desk.add("anna");
    assert!(desk.relation("anna").is_open());
}

#[test]
fn open_touches_move_to_the_colleague_who_serves_the_customer_now_and_are_reminded_of() {
    let mut desk = Desk::at_stage("new");
    desk.add("ben");
    desk.settle();
    desk.wait_until("2026-03-02T10:31");
    let reaction = desk.unfriend("anna", SideName::Staff);
    let moved = |what: &What| {
        matches!(what, What::Reassigned { from, to, .. }
            if (from.as_str(), to.as_str()) == ("anna", "ben"))
    };
    assert_eq!(desk.told(moved), 1);
    let slots: Vec<_> = reaction.slots.iter().map(|slot| (slot.staff.as_str(), slot.at)).collect();
    assert_eq!(slots, [("ben", at("2026-03-02T10:45"))]);
    assert_eq!(desk.inside(), ["hello", "care"]);
}

#[test]
fn a_half_added_customer_waits_until_staff_add_back() {
    let mut desk = Desk::new();
    let half = |half| Happening::ContactAdded {
        staff: "anna".into(),
        half,
        state: Some("shop".into()),
        welcome_code: None,
        snapshot: None,
    };
    let reaction = desk.hear(half(true));
    assert_eq!(kinds(&reaction), ["relation_half_opened"]);
    assert!(desk.inside().is_empty());
    desk.performed(Performed::FetchFailed { began: u64::MAX, result: CallResult::Refused { code: 84061 } });
    assert_eq!(desk.file.wake_at, None, "it waits without being asked about");

    desk.now = desk.now.plus_mins(30);
    desk.wecom.add("anna", desk.now);
    desk.hear(half(false));
    desk.settle();
    assert_eq!(desk.inside(), ["hello"]);
    assert_eq!(desk.file.first_added.map(|first| first.at), Some(desk.now));
    assert_eq!(desk.relation("anna").state.as_deref(), Some("shop"));
    let late = desk.hear_of(desk.now.plus_mins(-30), half(true));
    assert_eq!(kinds(&late), ["ignored"]);
}

#[test]
fn a_customer_who_is_back_within_thirty_days_goes_on_where_they_were() {
    let mut desk = Desk::at_stage("new");
    desk.now = at("2026-03-02T10:20");
    desk.unfriend("anna", SideName::Customer);
    desk.now = at("2026-03-12T09:00");
    desk.add("anna");
    desk.settle();
    assert_eq!(desk.inside(), ["care", "hello"]);
    assert_eq!(desk.told(|what| matches!(what, What::Enrolled { .. })), 2, "neither begins anew");
    // Ten days later than it would have been, at its own hour.
    assert_eq!(desk.next("hello"), Some(("d1".into(), at("2026-03-13T09:00"))));
    assert_eq!(desk.next("care"), Some(("c1".into(), at("2026-03-12T10:30"))));
    desk.wait_until("2026-03-15T12:00");
    assert_eq!(desk.open("hello"), Some("d3".into()));
    assert_eq!(desk.open("care"), Some("c2".into()), "due on the 14th at 15:00");
}

#[test]
fn a_customer_who_is_back_after_thirty_days_does_not_go_on() {
    let mut desk = Desk::at_stage("new");
    desk.unfriend("anna", SideName::Customer);
    desk.now = desk.now.plus_days(30);
    desk.add("anna");
    desk.settle();
    assert!(desk.inside().is_empty(), "{:?}", desk.inside());
    assert_eq!(desk.stage(), Some("new"), "the card is shown again");
}

#[test]
fn a_second_friend_is_no_second_beginning() {
    let mut desk = Desk::with_friend();
    desk.now = desk.now.plus_days(1);
    let reaction = desk.add("ben");
    assert!(!kinds(&reaction).contains(&"enrolled".to_owned()));
    assert_eq!(desk.inside(), ["hello"]);
    assert_eq!(desk.file.owner, Some("anna".into()), "the first friend stays the owner");
}

#[test]
fn what_wecom_kept_on_a_phone_over_a_parting_is_no_edit() {
    let mut desk = Desk::at_stage("new");
    desk.add("ben");
    desk.settle();
    desk.now = desk.now.plus_mins(10);
    desk.unfriend("ben", SideName::Customer);
    desk.drag("price");
    desk.settle();
    assert_eq!(desk.phone("ben"), ["new"], "nothing is written to a closed relation");
    desk.now = desk.now.plus_mins(10);
    desk.add("ben");
    desk.settle();
    assert_eq!((desk.stage(), desk.phone("ben")), (Some("price"), vec!["price"]));
}

#[test]
fn a_parting_that_was_never_told_takes_no_tags_off() {
    let mut desk = Desk::at_stage("new");
    desk.now = desk.now.plus_days(3);
    desk.wecom.part("anna", SideName::Staff);
    let reaction = desk.add("anna");
    assert_eq!(kinds(&reaction)[0], "relation_opened");
    desk.settle();
    assert_eq!((desk.stage(), desk.phone("anna")), (Some("new"), vec!["new"]));
    // The event of the parting arrives at last.
    let reaction = desk.hear_of(desk.now.plus_mins(-1), removed("anna", SideName::Staff));
    assert_eq!(kinds(&reaction), ["ignored"]);
}

#[test]
fn an_adding_that_a_fetch_has_shown_already_is_told_once() {
    let mut desk = Desk::new();
    desk.wecom.add("anna", desk.now);
    desk.hear(Happening::ContactEdited { staff: "anna".into() });
    desk.settle();
    assert_eq!(desk.inside(), ["hello"]);
    desk.add("anna");
    assert_eq!(desk.told(|what| matches!(what, What::RelationOpened { .. })), 1);
    assert_eq!(desk.told(|what| matches!(what, What::Enrolled { .. })), 1);
}

#[test]
fn nobody_is_asked_twice_in_a_row_when_wecoms_clock_is_ahead() {
    let mut desk = Desk::new();
    let ahead: Timestamp = desk.now.plus_secs(30);
    desk.wecom.add("anna", ahead);
    let staff = StaffId::from("anna");
    let added =
        Happening::ContactAdded { staff, half: false, state: None, welcome_code: None, snapshot: None };
    desk.hear_of(ahead, added);
    desk.drag("new");
    desk.take_work();
    let tags = desk.relation("anna").marking.clone().unwrap().tags;
    let result = CallResult::Refused { code: 84061 };
    desk.performed(Performed::Marked { staff: "anna".into(), began: u64::MAX, tags, result, settled: None });
    assert!(!desk.relation("anna").is_open());
    assert!(!desk.work.contains(&Work::Mark("anna".into())));
}

#[test]
fn a_friend_who_comes_back_halfway_first_was_a_friend_before() {
    let mut desk = Desk::at_stage("new");
    desk.add("ben");
    desk.settle();
    desk.now = desk.now.plus_mins(10);
    desk.unfriend("ben", SideName::Customer);
    desk.drag("price");
    desk.settle();
    desk.now = desk.now.plus_mins(10);
    let staff = StaffId::from("ben");
    desk.hear(Happening::ContactAdded { staff, half: true, state: None, welcome_code: None, snapshot: None });
    desk.settle();
    desk.now = desk.now.plus_mins(10);
    desk.add("ben");
    assert_eq!(desk.told(|what| matches!(what, What::RelationOpened { again: true, .. })), 1);
    desk.settle();
    assert_eq!((desk.stage(), desk.phone("ben")), (Some("price"), vec!["price"]));
}

#[test]
fn a_time_that_nobody_can_mean_breaks_nothing() {
    for at in [i64::MIN, -1, 0, 253_402_300_799_000, i64::MAX] {
        let mut desk = Desk::new();
        let staff = StaffId::from("anna");
        let welcome_code = Some("code".into());
        let added = Happening::ContactAdded { staff, half: false, state: None, welcome_code, snapshot: None };
        desk.hear_of(Timestamp::from_ms(at), added);
        desk.hear_of(
            Timestamp::from_ms(at),
            Happening::MessageReceived { staff: "anna".into(), text: "多少钱".into() },
        );
        desk.settle();
        assert_eq!(desk.stage(), Some("price"));
    }
}

#[test]
fn partings_and_an_adding_told_in_any_order_end_with_the_last_of_them() {
    let mut desk = Desk::with_friend();
    let at = |minutes: i64| desk.now.plus_mins(minutes);
    let (first, added, last) = (at(5), at(10), at(15));
    desk.now = at(20);
    let parted = |desk: &mut Desk, at| {
        let side = SideName::Customer;
        desk.hear_of(at, Happening::ContactRemoved { staff: "anna".into(), side, by_transfer: false });
    };
    parted(&mut desk, first);
    parted(&mut desk, last);
    let again = Happening::ContactAdded {
        staff: "anna".into(),
        half: false,
        state: None,
        welcome_code: None,
        snapshot: None,
    };
    desk.hear_of(added, again);
    desk.settle();
    assert!(!desk.relation("anna").is_open());
    assert!(desk.inside().is_empty());
}

#[test]
fn who_is_added_again_while_a_refusal_is_on_its_way_stays_a_friend() {
    let mut desk = Desk::at_stage("new");
    desk.drag("price");
    desk.take_work();
    let marking = desk.relation("anna").marking.clone().unwrap();
    // Anna deleted the customer, the call was refused, and three seconds later she adds them again.
    let again = desk.now.plus_secs(3);
    desk.now = desk.now.plus_secs(8);
    let result = CallResult::Refused { code: 84061 };
    let (staff, tags) = ("anna".into(), marking.tags);
    desk.performed(Performed::Marked { staff, began: marking.leased, tags, result, settled: None });
    assert!(!desk.relation("anna").is_open());
    desk.wecom.add("anna", again);
    let staff = "anna".into();
    desk.hear_of(
        again,
        Happening::ContactAdded { staff, half: false, state: None, welcome_code: None, snapshot: None },
    );
    desk.settle();
    assert!(desk.relation("anna").is_open());
}

#[test]
fn a_parting_from_somebody_never_heard_of_is_remembered_against_what_comes_late() {
    let mut desk = Desk::new();
    desk.wecom.add("anna", desk.now);
    desk.wecom.part("anna", SideName::Customer);
    let added = desk.now;
    desk.now = desk.now.plus_mins(5);
    desk.hear(removed("anna", SideName::Customer));
    desk.hear(Happening::ContactEdited { staff: "anna".into() });
    desk.settle();
    let staff = "anna".into();
    desk.hear_of(
        added,
        Happening::ContactAdded { staff, half: false, state: None, welcome_code: None, snapshot: None },
    );
    assert!(!desk.file.has_open_relation());
    assert!(desk.inside().is_empty());
}

#[test]
fn an_older_adding_told_late_takes_nothing_from_the_friendship_that_is() {
    let mut desk = Desk::new();
    let (first, parted) = (desk.now, desk.now.plus_secs(4));
    let again = desk.now.plus_secs(10);
    let added = |code: &str| Happening::ContactAdded {
        staff: "anna".into(),
        half: false,
        state: None,
        welcome_code: Some(code.to_owned()),
        snapshot: None,
    };
    desk.now = again;
    desk.wecom.add("anna", again);
    desk.hear_of(again, added("second"));
    desk.settle();
    desk.now = desk.now.plus_secs(40);
    desk.hear_of(first, added("first"));
    desk.hear_of(parted, removed("anna", SideName::Customer));
    desk.settle();
    assert!(desk.relation("anna").is_open());
    assert_eq!(desk.relation("anna").added_at, again);
    assert_eq!(desk.inside(), ["hello"]);
}

fn added_by(channel: &str) -> Happening {
    Happening::ContactAdded {
        staff: "anna".into(),
        half: false,
        state: Some(channel.to_owned()),
        welcome_code: None,
        snapshot: None,
    }
}

#[test]
fn the_channel_is_that_of_the_later_of_two_addings_in_whichever_order_they_are_told() {
    for told in [["first", "again"], ["again", "first"]] {
        let mut desk = Desk::new();
        let (first, again) = (desk.now, desk.now.plus_secs(10));
        desk.now = desk.now.plus_secs(40);
        for channel in told {
            desk.hear_of(if channel == "first" { first } else { again }, added_by(channel));
        }
        assert_eq!(desk.relation("anna").state.as_deref(), Some("again"), "{told:?}");
    }
}

#[test]
fn an_adding_told_late_names_the_channel_where_a_fetch_could_not() {
    let mut desk = Desk::new();
    let added = desk.now;
    // WeCom's `createtime` may be a little later than what the event says.
    desk.wecom.add("anna", added.plus_secs(2));
    desk.hear(Happening::ContactEdited { staff: "anna".into() });
    desk.settle();
    assert_eq!(desk.relation("anna").state, None);
    desk.hear_of(added, added_by("shop"));
    assert_eq!(desk.relation("anna").state.as_deref(), Some("shop"));
}

#[test]
fn an_adding_told_late_that_is_neither_the_one_we_know_nor_the_last_word_changes_nothing() {
    let mut desk = Desk::new();
    desk.hear(added_by("shop"));
    desk.settle();
    let between = desk.now.plus_mins(5);
    desk.now = desk.now.plus_mins(10);
    // Whatever it was that told of a later change of this side.
    desk.file.relations.get_mut(&StaffId::from("anna")).unwrap().staff_side.at = desk.now;
    let before = desk.relation("anna").clone();
    let reaction = desk.hear_of(between, added_by("party"));
    assert_eq!(kinds(&reaction), ["ignored"]);
    assert_eq!(desk.relation("anna"), &before);
}

#[test]
fn an_adding_within_a_minute_of_the_one_that_is_known_is_the_same_one_on_either_side() {
    for seconds in [-59, 59] {
        let mut desk = Desk::new();
        let told = desk.now.plus_mins(10);
        desk.now = told;
        desk.hear_of(told, added_by("shop"));
        desk.settle();
        desk.now = told.plus_mins(2);
        let reaction = desk.hear_of(told.plus_secs(seconds), added_by("shop"));
        let again = |what: &What| matches!(what, What::RelationOpened { .. });
        assert_eq!(desk.told(again), 1, "{seconds}: {:?}", kinds(&reaction));
        assert_eq!(desk.inside(), ["hello"], "{seconds}");
        let kept = told.plus_secs(seconds.max(0));
        let relation = desk.relation("anna");
        assert_eq!((relation.added_at, relation.staff_side.at), (kept, kept), "the later time stands");
    }
}
