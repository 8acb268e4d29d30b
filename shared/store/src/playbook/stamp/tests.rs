use super::*;
use crate::{Expected, RecordKind};

fn change(kind: RecordKind, id: &str, doc: Option<&str>) -> Change {
    let doc = doc.map(str::to_owned);
    Change { kind, id: id.into(), doc, revision: 1, expected: Expected::Any }
}

/// An item with these lines, the last of which is of change `number`.
fn item(number: u64, lines: &[&str]) -> StampItem {
    StampItem { number, lines: lines.iter().map(|line| Line::read(line)).collect() }
}

#[test]
fn a_line_says_what_was_written_and_what_deleted_and_leaves_out_what_is_not_of_the_playbook() {
    let changes = [
        change(RecordKind::ContentDraft, "a", Some("{}")),
        change(RecordKind::Content, "a", Some("{}")),
        change(RecordKind::Board, "b", None),
        change(RecordKind::Settings, "", Some("{}")),
    ];
    let line = line("m1", &names(&changes));
    assert_eq!(line, "m1\n+CONTENT#a\n-BOARD#b\n+SETTINGS#");
    let line = Line::read(&line);
    let expected = BTreeMap::from([
        ("CONTENT#a", Noted::Marked("m1")),
        ("BOARD#b", Noted::Gone),
        ("SETTINGS#", Noted::Marked("m1")),
    ]);
    assert_eq!(noted(&[line]), Some(expected));
}

#[test]
fn a_line_that_would_be_long_or_could_not_be_read_back_has_its_names_apart() {
    let many: Vec<Change> =
        (0..40).map(|n| change(RecordKind::Staff, &format!("zhang{n}"), Some("{}"))).collect();
    for changes in [many, vec![change(RecordKind::Staff, "zh\nang", None)]] {
        let named = names(&changes);
        assert_eq!(line("m1", &named), "m1\n@");
        let mut now = item(2, &["m1\n@", "m2\n+A#1"]);
        assert_eq!(noted(&now.lines), None);
        assert!(!now.complete(2, &Apart::new()), "nobody knows what it names");
        let named: Named = named.iter().filter_map(|text| name(text)).collect();
        assert_eq!(named.len(), changes.len());
        assert!(now.complete(2, &Apart::from([("m1".into(), named)])));
        assert_eq!(now.noted().len(), changes.len() + 1);
    }
    assert_eq!(noted(&[Line::read("of a later release")]), None);
}

#[test]
fn what_changed_is_known_as_far_back_as_the_list_goes() {
    let now = item(7, &["m5\n+A#1", "m6\n+B#1", "m7\n-A#1"]);
    let held = |number, mark: Option<&str>| Stamp { number, mark: mark.map(str::to_owned) };
    let since = |held: &Stamp| now.since(held).and_then(noted);
    assert_eq!(since(&held(7, Some("m7"))), Some(BTreeMap::new()));
    assert_eq!(since(&held(6, Some("m6"))), Some(BTreeMap::from([("A#1", Noted::Gone)])));
    let both = BTreeMap::from([("A#1", Noted::Gone), ("B#1", Noted::Marked("m6"))]);
    assert_eq!(since(&held(5, Some("m5"))), Some(both));
    // The line of what is held is gone: another may have been in its place.
    assert_eq!(since(&held(4, Some("m4"))), None);
    assert_eq!(since(&held(3, Some("m3"))), None);
    // From the future, as after a store was put back.
    assert_eq!(since(&held(8, Some("m8"))), None);
}

#[test]
fn a_change_that_left_no_line_is_noticed() {
    // Held at 5; a release without lines made 6, ours made 7.
    let held = Stamp { number: 5, mark: Some("m5".into()) };
    assert_eq!(item(7, &["m4\n+A#1", "m5\n+A#1", "m7\n+B#1"]).since(&held).and_then(noted), None);
    // Held after it, with the last line that there was.
    let held = Stamp { number: 6, mark: Some("m5".into()) };
    let found = item(7, &["m4\n+A#1", "m5\n+A#1", "m7\n+B#1"]);
    assert_eq!(found.since(&held).and_then(noted), Some(BTreeMap::from([("B#1", Noted::Marked("m7"))])));
}

#[test]
fn a_store_without_lines_gets_them_with_its_next_change() {
    let held = item(57, &[]).stamp();
    assert_eq!(item(57, &[]).since(&held).and_then(noted), Some(BTreeMap::new()));
    let next = BTreeMap::from([("A#1", Noted::Marked("m58"))]);
    assert_eq!(item(58, &["m58\n+A#1"]).since(&held).and_then(noted), Some(next));
    assert_eq!(item(59, &["m59\n+A#1"]).since(&held).and_then(noted), None);
}

#[test]
fn what_was_named_before_a_line_without_names_is_not_relied_on() {
    let now = item(3, &["m1\n+A#1\n+B#1", "m2\n*", "m3\n+B#1"]);
    assert_eq!(now.noted(), BTreeMap::from([("B#1", Noted::Marked("m3"))]));
}

#[test]
fn a_content_goes_by_its_own_header_and_by_everything_but_other_headers() {
    let now = item(9, &["m7\n+CONTENT#a", "m8\n+CONTENT#b\n-CONTENT#c", "m9\n+CONTENT#d"]);
    let concerns = |changes: &[Change], seen| !now.is_of_no_concern(seen, changes);
    let content = |id: &str| change(RecordKind::Content, id, Some("{}"));
    let group = |doc| change(RecordKind::ContentGroup, "g", doc);
    assert!(!concerns(&[content("x")], 6));
    assert!(!concerns(&[group(Some("{}")), change(RecordKind::ContentDraft, "a", None)], 6));
    assert!(!concerns(&[content("a")], 7));
    assert!(concerns(&[content("a")], 6));
    assert!(concerns(&[content("x"), content("c")], 6));
    assert!(concerns(&[group(None)], 8), "something may have been put into it");
    assert!(
        concerns(&[change(RecordKind::SopVersion, "s#000001", Some("{}"))], 8),
        "its steps name contents"
    );
    assert!(concerns(&[content("x")], 5), "the list does not go back so far");
    let groups = item(2, &["m1\n+CONTENT#a", "m2\n+CONTENT#b\n+CONTENTGROUP#g"]);
    assert!(!groups.is_of_no_concern(1, &[content("x")]));
    assert!(!item(2, &["m1\n+CONTENT#a", "m2\n*"]).is_of_no_concern(1, &[content("x")]));
}
