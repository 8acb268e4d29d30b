//! Contents and who has had them (P11): nobody gets the same edition twice from an SOP by accident.

mod told;

use serde_json::{Value, json};

use super::{
    fixture::{Desk, at, kinds, publish},
    owed::Shelf,
};
use crate::{
    Happening, Timestamp, What,
    content::{Content, SentContent},
    fact::IgnoreReason,
    file::{Evidence, Exposure, MAX_EXPOSURES, Route, TouchRef},
    react::{ContentRecord, Reaction, Record},
    signal::LinkSource,
};

/// Puts a content on the shelf, or what has been published of it since.
fn shelve(desk: &mut Desk, id: &str, published: u32, editions: &[u32]) {
    let content = Content {
        title: format!("《{id}》"),
        published: Some(published),
        editions: editions.to_vec(),
        ..Content::new(id.into())
    };
    desk.book.contents.insert(content.id.clone(), content);
}

/// A step at ten o'clock of a day, counted from when the customer became a friend.
fn step(id: &str, day: u32, content: &Value) -> Value {
    json!({"id": id, "at": {"day": day, "time": "10:00"}, "method": "task", "content": content})
}

fn sop(desk: &mut Desk, id: &str, steps: &[Value]) {
    let document = json!({"id": id, "name": id, "anchor": {"kind": "friend_add"}, "steps": steps});
    publish(&mut desk.book, &document);
}

/// Anna is going to send case-a on 3 March, and another SOP asks for what `steps` say. Nothing else is sent.
fn beside(steps: &[Value]) -> Desk {
    let mut desk = Desk::new();
    desk.book.sops.clear();
    for id in ["case-a", "film", "tour"] {
        shelve(&mut desk, id, 1, &[1]);
    }
    sop(&mut desk, "first", &[step("a", 1, &json!({"ref": "case-a"}))]);
    sop(&mut desk, "then", steps);
    desk.add("anna");
    desk.settle();
    desk
}

/// The same, and it is sent.
fn after(steps: &[Value]) -> Desk {
    let mut desk = beside(steps);
    desk.wait_until("2026-03-03T10:05");
    desk.done("first~1~a");
    desk
}

fn sent_by_hand(desk: &mut Desk, staff: &str, content: &str) -> Reaction {
    let content = desk.book.contents[&content.into()].sent_as(None).unwrap();
    desk.hear(Happening::ContentSent { staff: staff.into(), content, evidence: Evidence::StaffMarked })
}

fn spared(desk: &Desk) -> usize {
    desk.told(|what| matches!(what, What::Spared { .. }))
}

fn rows(reaction: &Reaction) -> Vec<&ContentRecord> {
    let records = reaction.records.iter();
    records
        .filter_map(|record| match record {
            Record::Content(content) => Some(content),
            _ => None,
        })
        .collect()
}

#[test]
fn what_was_sent_is_remembered_with_its_route_and_who_sent_it() {
    let mut desk = beside(&[step("x", 300, &json!({"text": "x"}))]);
    desk.wait_until("2026-03-03T10:05");
    let reaction = desk.done("first~1~a");
    assert_eq!(kinds(&reaction)[..2], ["ended", "exposed"]);
    assert_eq!(reaction.facts[1].because, Some(0));
    let expected = Exposure { edition: 1, at: desk.now, opened: false };
    assert_eq!(desk.file.exposures[&"case-a".into()], expected);
    let [row] = rows(&reaction)[..] else { panic!("{:?}", reaction.records) };
    let sending = row.sent.clone().unwrap();
    assert_eq!((sending.route, sending.staff.as_str(), sending.version), (Route::Task, "anna", 1));
    assert_eq!(sending.touch, TouchRef::parse("first~1~a"));
    let touch = reaction.records.iter().find_map(|record| match record {
        Record::Touch(touch) => touch.content.clone(),
        _ => None,
    });
    let is = SentContent { content: "case-a".into(), version: 1, edition: 1 };
    assert_eq!(touch, Some(is), "the touch says what it sent");
}

#[test]
fn an_sop_does_not_send_again_for_ninety_days_what_a_customer_has_had() {
    let content = json!({"ref": "case-a"});
    let mut desk = after(&[step("x", 60, &content), step("y", 90, &content), step("z", 92, &content)]);
    desk.wait_until("2026-06-01T10:00");
    assert_eq!(desk.outcomes()[1..], ["then/x: skipped already_had", "then/y: skipped already_had"]);
    assert_eq!(spared(&desk), 2);
    desk.wait_until("2026-06-02T10:00");
    assert_eq!(desk.open("then"), Some("z".into()));
}

#[test]
fn a_step_says_itself_how_far_back_it_looks() {
    let month = |id: &str, day| step(id, day, &json!({"ref": "case-a", "unless_had_within": 30}));
    let mut desk = after(&[month("x", 30), month("y", 32)]);
    desk.wait_until("2026-04-03T10:00");
    assert_eq!(desk.outcomes()[1..], ["then/x: skipped already_had"]);
    assert_eq!(desk.open("then"), Some("y".into()));

    let mut desk = after(&[step("x", 2, &json!({"ref": "case-a", "unless_had_within": 0}))]);
    desk.wait_until("2026-03-04T10:00");
    assert_eq!(desk.open("then"), Some("x".into()), "nought: it does not matter");

    let mut desk = after(&[step("x", 300, &json!({"ref": "case-a", "unless_had_within": "ever"}))]);
    desk.wait_until("2026-12-27T10:00");
    assert_eq!(desk.outcomes()[1..], ["then/x: skipped already_had"]);
}

#[test]
fn within_one_occurrence_nothing_is_sent_twice_whatever_the_step_says() {
    let any = json!({"ref": "case-a", "unless_had_within": 0});
    let mut desk = beside(&[step("x", 2, &any), step("y", 200, &any)]);
    desk.wait_until("2026-03-04T10:00");
    desk.done("then~1~x");
    desk.wait_until("2026-09-18T10:00");
    assert!(desk.outcomes().contains(&"then/y: skipped already_had".into()), "{:?}", desk.outcomes());
}

#[test]
fn what_may_be_repeated_is_repeated() {
    let content = json!({"ref": "case-a"});
    let mut desk = beside(&[step("x", 2, &content), step("y", 3, &content)]);
    desk.book.contents.get_mut(&"case-a".into()).unwrap().repeatable = true;
    for (day, touch) in [("03", "first~1~a"), ("04", "then~1~x"), ("05", "then~1~y")] {
        desk.wait_until(&format!("2026-03-{day}T10:05"));
        desk.done(touch);
    }
    let sent: Vec<_> =
        desk.outcomes().into_iter().filter(|line| line.ends_with("sent staff_marked")).collect();
    assert_eq!(sent.len(), 3, "{:?}", desk.outcomes());
    assert_eq!(desk.told(|what| matches!(what, What::Exposed { again: true, .. })), 2, "and it is told");
}

#[test]
fn an_edition_that_was_raised_is_sent_to_who_had_the_one_before_and_a_correction_is_not() {
    let content = json!({"ref": "case-a"});
    let mut desk = after(&[step("x", 2, &content), step("y", 3, &content)]);
    shelve(&mut desk, "case-a", 2, &[1]);
    desk.wait_until("2026-03-04T10:00");
    assert_eq!(desk.outcomes()[1..], ["then/x: skipped already_had"]);
    shelve(&mut desk, "case-a", 3, &[1, 3]);
    desk.wait_until("2026-03-05T10:00");
    assert_eq!(desk.open("then"), Some("y".into()));
    let reaction = desk.done("then~1~y");
    assert!(reaction.facts.iter().any(|fact| matches!(fact.what, What::Exposed { again: false, .. })));
    assert_eq!(desk.file.exposures[&"case-a".into()].edition, 2);
}

#[test]
fn everybody_is_greeted_whatever_they_have_had() {
    let mut desk = Desk::new();
    desk.book.sops.clear();
    shelve(&mut desk, "case-a", 1, &[1]);
    let hello =
        json!({"id": "hi", "at": {"after_minutes": 0}, "method": "welcome", "content": {"ref": "case-a"}});
    sop(&mut desk, "greet", &[hello]);
    desk.file.exposures.insert("case-a".into(), Exposure { edition: 1, at: desk.now, opened: false });
    desk.file.version = 1;
    desk.add("anna");
    desk.settle();
    assert_eq!(desk.outcomes(), ["greet/hi: sent wecom_result"]);
    let welcome = |what: &What| matches!(what, What::Exposed { route: Route::Welcome, again: true, .. });
    assert_eq!(desk.told(welcome), 1);
}

#[test]
fn a_welcome_counts_for_the_tasks_that_come_after_it() {
    let mut desk = Desk::new();
    desk.book.sops.clear();
    shelve(&mut desk, "case-a", 1, &[1]);
    let hello =
        json!({"id": "hi", "at": {"after_minutes": 0}, "method": "welcome", "content": {"ref": "case-a"}});
    sop(&mut desk, "greet", &[hello, step("x", 1, &json!({"ref": "case-a"}))]);
    desk.add("anna");
    desk.settle();
    desk.wait_until("2026-03-03T10:00");
    assert_eq!(desk.outcomes(), ["greet/hi: sent wecom_result", "greet/x: skipped already_had"]);
}

#[test]
fn what_staff_send_by_themselves_counts_and_drops_the_task_that_would_send_it_again() {
    let mut desk = beside(&[step("x", 5, &json!({"ref": "case-a"}))]);
    desk.wait_until("2026-03-03T10:05");
    assert_eq!(desk.open("first"), Some("a".into()));
    let reaction = sent_by_hand(&mut desk, "anna", "case-a");
    assert_eq!(kinds(&reaction)[..3], ["exposed", "ended", "spared"], "{:?}", reaction.facts);
    assert_eq!(rows(&reaction)[0].sent.as_ref().map(|sent| sent.route), Some(Route::Manual));
    assert_eq!(desk.file.contact.sent_at, Some(desk.now));
    desk.wait_until("2026-03-07T10:00");
    assert_eq!(desk.outcomes(), ["first/a: skipped already_had", "then/x: skipped already_had"]);
    assert_eq!(spared(&desk), 2, "both are sendings that were not necessary");
}

#[test]
fn a_manual_send_is_never_blocked() {
    let mut desk = after(&[step("x", 300, &json!({"text": "x"}))]);
    let reaction = sent_by_hand(&mut desk, "anna", "case-a");
    assert!(matches!(reaction.facts[0].what, What::Exposed { route: Route::Manual, again: true, .. }));
}

#[test]
fn of_two_open_tasks_with_the_same_content_the_first_that_is_sent_drops_the_other() {
    let mut desk = beside(&[step("x", 1, &json!({"ref": "case-a"}))]);
    desk.wait_until("2026-03-03T10:05");
    assert_eq!((desk.open("first"), desk.open("then")), (Some("a".into()), Some("x".into())));
    desk.done("then~1~x");
    assert_eq!(desk.outcomes(), ["then/x: sent staff_marked", "first/a: skipped already_had"]);
}

#[test]
fn a_task_that_does_not_mind_stays_open() {
    let mut desk = beside(&[step("x", 1, &json!({"ref": "case-a", "unless_had_within": 0}))]);
    desk.wait_until("2026-03-03T10:05");
    sent_by_hand(&mut desk, "anna", "case-a");
    assert_eq!((desk.open("first"), desk.open("then")), (None, Some("x".into())));
}

#[test]
fn who_is_no_friend_of_the_customer_has_sent_them_nothing() {
    let mut desk = beside(&[step("x", 300, &json!({"text": "x"}))]);
    let reaction = sent_by_hand(&mut desk, "ben", "case-a");
    let [fact] = &reaction.facts[..] else { panic!("{:?}", reaction.facts) };
    assert!(matches!(fact.what, What::Ignored { reason: IgnoreReason::NotAFriend }));
    assert!(desk.file.exposures.is_empty() && reaction.records.is_empty());
}

#[test]
fn a_pinned_version_is_sent_whatever_is_published_but_not_to_who_had_a_later_edition() {
    let pinned = json!({"ref": "case-a@1"});
    let mut desk = beside(&[step("x", 0, &json!({"text": "x"})), step("y", 2, &pinned)]);
    sop(&mut desk, "old", &[step("p", 1, &pinned)]);
    shelve(&mut desk, "case-a", 3, &[1, 3]);
    desk.wait_until("2026-03-03T10:05");
    let open = desk.file.enrollments.iter().find(|live| live.sop.as_str() == "first").unwrap();
    let content = open.open.as_ref().and_then(|open| open.content.clone()).unwrap();
    assert_eq!((content.version, content.edition), (3, 2), "an unpinned one follows what is published");
    desk.done("first~1~a");
    desk.wait_until("2026-03-04T10:00");
    assert!(desk.outcomes().contains(&"then/y: skipped already_had".into()), "{:?}", desk.outcomes());

    let mut desk = beside(&[step("y", 2, &pinned)]);
    shelve(&mut desk, "case-a", 3, &[1, 3]);
    desk.wait_until("2026-03-04T10:00");
    let reaction = desk.done("then~1~y");
    assert_eq!(rows(&reaction)[0].edition, 1);
}

#[test]
fn a_task_sends_what_was_published_when_it_was_offered() {
    let mut desk = beside(&[step("x", 300, &json!({"text": "x"}))]);
    desk.wait_until("2026-03-03T10:05");
    shelve(&mut desk, "case-a", 2, &[1, 2]);
    let reaction = desk.done("first~1~a");
    let [row] = rows(&reaction)[..] else { panic!("{:?}", reaction.records) };
    assert_eq!((row.edition, row.sent.as_ref().map(|sent| sent.version)), (1, Some(1)));
}

#[test]
fn a_content_that_is_not_there_skips_its_step_and_says_so() {
    let mut desk = beside(&[step("x", 300, &json!({"text": "x"}))]);
    desk.book.contents.get_mut(&"case-a".into()).unwrap().published = None;
    desk.wait_until("2026-03-03T10:00");
    assert_eq!(desk.outcomes(), ["first/a: skipped content_gone"]);
    assert_eq!(spared(&desk), 0, "nothing was saved");

    let mut desk = beside(&[step("x", 300, &json!({"text": "x"}))]);
    desk.book.contents.get_mut(&"case-a".into()).unwrap().archived = true;
    desk.wait_until("2026-03-03T10:00");
    assert_eq!(desk.open("first"), Some("a".into()), "what was put away goes on where it is used");
}

#[test]
fn what_nobody_asks_for_is_forgotten_after_ninety_days_and_what_a_step_asks_for_is_not() {
    let mut desk = after(&[
        step("x", 95, &json!({"text": "x"})),
        step("y", 300, &json!({"ref": "film", "unless_had_within": "ever"})),
        step("z", 301, &json!({"ref": "tour", "unless_had_within": 200})),
    ]);
    for id in ["film", "tour"] {
        sent_by_hand(&mut desk, "anna", id);
    }
    let known = |desk: &Desk| desk.file.exposures.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(known(&desk), ["case-a", "film", "tour"]);
    desk.wait_until("2026-06-01T10:04");
    desk.say("你好");
    assert_eq!(known(&desk), ["case-a", "film", "tour"], "the last minute of the ninetieth day");
    desk.wait_until("2026-06-01T10:05");
    desk.say("你好");
    assert_eq!(known(&desk), ["film", "tour"]);
    desk.wait_until("2026-09-20T10:00");
    desk.say("你好");
    assert_eq!(known(&desk), ["film"]);
}

#[test]
fn a_file_remembers_three_hundred_contents_and_forgets_the_oldest_first() {
    let mut desk = beside(&[step("x", 300, &json!({"text": "x"}))]);
    for n in 0..=MAX_EXPOSURES {
        let id = format!("c{n:03}");
        shelve(&mut desk, &id, 1, &[1]);
        desk.now = desk.now.plus_secs(1);
        sent_by_hand(&mut desk, "anna", &id);
    }
    assert_eq!(desk.file.exposures.len(), MAX_EXPOSURES);
    assert!(!desk.file.exposures.contains_key(&"c000".into()));
    assert!(serde_json::to_vec(&desk.file).unwrap().len() < 40_000, "and stays small");
}

#[test]
fn the_first_link_that_a_customer_opens_is_told_apart_until_the_content_really_changes() {
    let mut desk = after(&[step("x", 300, &json!({"text": "x"}))]);
    let first = |desk: &mut Desk, version, edition| {
        let content = SentContent { content: "case-a".into(), version, edition };
        let via = LinkSource::Touch(TouchRef::parse("first~1~a").unwrap());
        let reaction = desk.hear(Happening::LinkOpened { content, part: 1, via });
        assert_eq!(
            rows(&reaction).iter().map(|row| (row.openings, row.sendings)).collect::<Vec<_>>(),
            [(1, 0)]
        );
        reaction.facts.iter().any(|fact| matches!(fact.what, What::LinkOpened { first: true, .. }))
    };
    assert!(first(&mut desk, 1, 1));
    assert!(!first(&mut desk, 1, 1));
    sent_by_hand(&mut desk, "anna", "case-a");
    assert!(!first(&mut desk, 1, 1), "the same once more");
    shelve(&mut desk, "case-a", 2, &[1, 2]);
    sent_by_hand(&mut desk, "anna", "case-a");
    assert!(!first(&mut desk, 1, 1), "of what they had before");
    assert!(first(&mut desk, 2, 2));
    assert!(!first(&mut desk, 9, 9), "of what they were never sent");
}

#[test]
fn an_undo_brings_no_task_back_whose_content_was_sent_meanwhile() {
    let mut desk = Desk::new();
    desk.book.sops.clear();
    shelve(&mut desk, "case-a", 1, &[1]);
    let stage = json!({"id": "s", "name": "s", "anchor": {"kind": "stage_entry", "stage": "sales/price"}, "steps": [
        {"id": "a", "at": {"after_minutes": 0}, "method": "task", "content": {"ref": "case-a"}},
        {"id": "b", "at": {"day": 5, "time": "10:00"}, "method": "task", "content": {"text": "x"}}]});
    publish(&mut desk.book, &stage);
    desk.add("anna");
    desk.settle();
    desk.drag("price");
    desk.settle();
    desk.wait_until("2026-03-02T10:10");
    assert_eq!(desk.open("s"), Some("a".into()));
    let moved = desk.drag("new");
    desk.settle();
    assert_eq!(desk.outcomes(), ["s/a: cancelled left_stage"]);
    sent_by_hand(&mut desk, "anna", "case-a");
    let (version, facts) = (moved.file.version, moved.facts);
    desk.hear(Happening::Undo { version, decided_at: desk.now, facts });
    assert_eq!(desk.inside(), ["s"]);
    assert_eq!(desk.open("s"), None);
    assert_eq!(desk.outcomes().last().unwrap(), "s/a: skipped already_had");
}

/// Manual sends whose rows do not fit.
fn owing(rooms: &[usize]) -> (Vec<ContentRecord>, Desk) {
    let mut desk = beside(&[step("x", 300, &json!({"text": "x"}))]);
    let (mut shelf, mut written) = (Shelf::default(), Vec::new());
    shelf.rows = crate::rows::index_rows(&desk.file);
    for (n, room) in rooms.iter().enumerate() {
        let before = desk.file.clone();
        let mut reaction = match n {
            0 | 1 => sent_by_hand(&mut desk, "anna", "case-a"),
            _ => desk.hear(Happening::Woken),
        };
        let beside = shelf.commit(&before, &mut reaction, *room);
        written.extend(beside.records.into_iter().filter_map(|record| match record {
            Record::Content(content) => Some(content),
            _ => None,
        }));
        desk.file = reaction.file;
    }
    (written, desk)
}

#[test]
fn rows_of_one_content_that_were_owed_are_written_as_one_and_none_is_lost() {
    let (written, desk) = owing(&[0, 0, 90]);
    assert_eq!(written.iter().map(|row| row.sendings).collect::<Vec<_>>(), [2]);
    assert!(desk.file.owed_records.is_empty());
    let (written, _) = owing(&[90, 0, 90]);
    assert_eq!(written.iter().map(|row| row.sendings).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn what_is_sent_and_opened_in_one_commit_is_one_row() {
    let mut desk = beside(&[step("x", 300, &json!({"text": "x"}))]);
    let before = desk.file.clone();
    let mut reaction = sent_by_hand(&mut desk, "anna", "case-a");
    let content = SentContent { content: "case-a".into(), version: 1, edition: 1 };
    let opened = Timestamp::from_ms(desk.now.ms() + 5);
    reaction.records.push(Record::Content(ContentRecord::opened(&content, opened)));
    let beside = crate::rows::fit(Some(&before), &mut reaction, 90);
    let of_contents = |record: &&Record| matches!(record, Record::Content(_));
    let [Record::Content(row)] = beside.records.iter().filter(of_contents).collect::<Vec<_>>()[..] else {
        panic!("{:?}", beside.records)
    };
    assert_eq!((row.sendings, row.openings, row.opened_at), (1, 1, Some(opened)));
    assert_eq!(row.sent.as_ref().map(|sent| sent.at), Some(desk.now));
}

#[test]
fn a_day_counts_from_the_sending_to_the_minute() {
    let mut desk = after(&[step("x", 300, &json!({"text": "x"}))]);
    assert_eq!(desk.file.exposures[&"case-a".into()].at, at("2026-03-03T10:05"));
    desk.wait_until("2026-03-05T10:00");
    shelve(&mut desk, "case-a", 2, &[1, 2]);
    sent_by_hand(&mut desk, "anna", "case-a");
    assert_eq!(desk.file.exposures[&"case-a".into()].at, at("2026-03-05T10:00"), "the last counts");
}

#[test]
fn a_step_waits_for_a_content_that_cannot_be_read_until_it_is_repaired() {
    let mut desk = beside(&[step("b", 3, &json!({"ref": "film"}))]);
    let film = desk.book.contents.remove(&"film".into()).unwrap();
    desk.book.damaged_contents.insert("film".into());
    desk.wait_until("2026-03-05T11:00");
    let about =
        |desk: &Desk| desk.outcomes().into_iter().filter(|it| it.starts_with("then/b")).collect::<Vec<_>>();
    assert_eq!((about(&desk), desk.next("then").map(|(step, _)| step)), (vec![], Some("b".into())));
    let before = desk.file.clone();
    assert!(desk.hear(Happening::Woken).is_quiet(&before), "nothing is told of it again and again");
    desk.book.damaged_contents.clear();
    desk.book.contents.insert("film".into(), film);
    desk.wait_until("2026-03-05T12:00");
    desk.hear(Happening::Woken);
    desk.done("then~1~b");
    assert!(desk.file.exposures.contains_key(&"film".into()));
}

#[test]
fn a_step_whose_content_is_not_repaired_in_its_window_is_missed() {
    let mut desk = beside(&[step("b", 3, &json!({"ref": "film"}))]);
    desk.book.contents.remove(&"film".into());
    desk.book.damaged_contents.insert("film".into());
    desk.wait_until("2026-03-12T12:00");
    assert!(desk.outcomes().contains(&"then/b: missed expired".into()), "{:?}", desk.outcomes());
}
