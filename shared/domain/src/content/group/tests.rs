use super::*;

fn group(id: &str, parent: Option<&str>, order: u32) -> ContentGroup {
    ContentGroup {
        id: id.into(),
        name: format!("组{id}"),
        parent: parent.map(Into::into),
        order,
        revision: 0,
    }
}

/// a ─ b ─ c ─ d ─ e, and x ─ y beside it.
fn tree() -> GroupTree {
    GroupTree::new([
        group("a", None, 2),
        group("b", Some("a"), 0),
        group("c", Some("b"), 0),
        group("d", Some("c"), 0),
        group("e", Some("d"), 0),
        group("x", None, 1),
        group("y", Some("x"), 0),
    ])
}

fn ids<'a>(groups: impl IntoIterator<Item = &'a ContentGroup>) -> Vec<&'a str> {
    groups.into_iter().map(|group| group.id.as_str()).collect()
}

#[test]
fn groups_are_shown_in_their_order_and_found_by_their_path() {
    let tree = tree();
    assert_eq!(ids(tree.within(None)), ["x", "a"]);
    assert_eq!(ids(tree.path(&"c".into())), ["a", "b", "c"]);
    assert_eq!(ids(tree.path(&"unknown".into())), [""; 0]);
    let below: Vec<_> = tree.below(&"d".into()).into_iter().collect();
    assert_eq!(below, ["d".into(), "e".into()]);
    let same = GroupTree::new([group("n", None, 1), group("m", None, 1)]);
    assert_eq!(ids(same.within(None)), ["m", "n"]);
}

#[test]
fn a_walk_through_the_tree_is_in_order_of_the_places() {
    let tree = tree();
    let walked = tree.walk(None);
    assert_eq!(ids(walked.iter().copied()), ["x", "y", "a", "b", "c", "d", "e"]);
    let places: Vec<_> = walked.iter().map(|group| tree.place(&group.id)).collect();
    assert!(places.is_sorted());
    assert_eq!(ids(tree.walk(Some(&"c".into()))), ["c", "d", "e"]);
    assert_eq!(ids(tree.walk(Some(&"unknown".into()))), [""; 0]);
}

#[test]
fn a_tree_has_five_levels_and_not_six() {
    let tree = tree();
    assert_eq!(tree.check(&group("new", Some("d"), 0)), Ok(()));
    assert_eq!(tree.check(&group("new", Some("e"), 0)), Err(GroupFault::TooDeep(6)));
    // What is moved takes what is in it along.
    assert_eq!(tree.check(&group("x", Some("c"), 0)), Ok(()));
    assert_eq!(tree.check(&group("x", Some("d"), 0)), Err(GroupFault::TooDeep(6)));
    assert_eq!(tree.check(&group("b", Some("x"), 0)), Ok(()));
    assert_eq!(tree.check(&group("b", Some("y"), 0)), Err(GroupFault::TooDeep(6)));
    assert_eq!(GroupFault::TooDeep(6).zh(), "分组最多 5 级，这样会有 6 级，请放到更上一级");
}

#[test]
fn a_group_is_never_put_into_itself() {
    let tree = tree();
    for below in ["b", "c", "e"] {
        assert_eq!(tree.check(&group("b", Some(below), 0)), Err(GroupFault::Circle), "{below}");
    }
    let circle = GroupTree::new([group("p", Some("q"), 0), group("q", Some("p"), 0)]);
    assert_eq!(circle.path(&"p".into()).len(), MAX_GROUP_DEPTH);
    assert_eq!(circle.below(&"p".into()).len(), 2);
}

#[test]
fn neighbours_have_different_names_and_cousins_need_not() {
    let tree = tree();
    let named = |id: &str, parent: Option<&str>, name: &str| ContentGroup {
        name: name.into(),
        ..group(id, parent, 0)
    };
    assert_eq!(tree.check(&named("new", None, "组a")), Err(GroupFault::NameTaken));
    assert_eq!(tree.check(&named("new", Some("x"), "组a")), Ok(()));
    assert_eq!(tree.check(&named("a", None, "组a")), Ok(()));
    for (length, fits) in [(0, false), (1, true), (60, true), (61, false)] {
        let judged = tree.check(&named("new", None, &"案".repeat(length)));
        assert_eq!(judged.is_ok(), fits, "{length}");
    }
    assert_eq!(tree.check(&named("new", None, "  ")), Err(GroupFault::Name(0)));
    assert_eq!(tree.check(&group("New", None, 0)), Err(GroupFault::Id));
    let lost = tree.check(&group("new", Some("gone"), 0));
    assert_eq!(lost, Err(GroupFault::NoParent("gone".into())));
}
