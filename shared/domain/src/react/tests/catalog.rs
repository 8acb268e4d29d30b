//! Boards and groups that change under customers.

use std::collections::BTreeMap;

use super::fixture::{Desk, kinds};
use crate::{
    BoardId, Happening, TagId,
    file::AttributeValue,
    playbook::{Board, FormerStage},
    react::Reaction,
    signal::Snapshot,
};

fn change_board(desk: &mut Desk, change: impl FnOnce(&mut Board)) -> Reaction {
    change(desk.book.boards.get_mut(&BoardId::from("sales")).unwrap());
    desk.hear(Happening::BoardChanged { board: "sales".into() })
}

fn delete_stage(board: &mut Board, stage: &str, moved_to: Option<&str>) {
    let tag = board.stages.iter().find(|other| other.id.as_str() == stage).and_then(|it| it.tag.clone());
    board.stages.retain(|other| other.id.as_str() != stage);
    board.former.push(FormerStage {
        id: stage.into(),
        name: stage.into(),
        tag,
        moved_to: moved_to.map(Into::into),
    });
}

#[test]
fn a_card_at_a_deleted_stage_goes_where_the_others_went() {
    let mut desk = Desk::at_stage("new");
    let silent = change_board(&mut desk, |board| {
        delete_stage(board, "new", Some("deal"));
        delete_stage(board, "deal", Some("price"));
    });
    assert!(silent.work.is_empty(), "a move is no part of what is silent");
    desk.say("你好");
    desk.settle();
    assert_eq!(
        (desk.stage(), desk.tags(), desk.phone("anna")),
        (Some("price"), vec!["price"], vec!["price"])
    );
    assert_eq!(desk.inside().iter().filter(|sop| ["care", "offer"].contains(sop)).count(), 1);
    assert!(desk.inside().contains(&"offer"), "a move like any other (T3)");
}

#[test]
fn a_card_whose_stage_was_deleted_without_an_heir_leaves_the_board() {
    let mut desk = Desk::at_stage("new");
    change_board(&mut desk, |board| delete_stage(board, "new", None));
    desk.say("你好");
    desk.settle();
    assert_eq!((desk.stage(), desk.tags().len(), desk.phone("anna").len()), (None, 0, 0));
}

#[test]
fn a_tag_that_becomes_a_stage_moves_nobody_who_has_a_card() {
    let mut desk = Desk::with_friend();
    let taken = change_stages(&mut desk, |board| {
        let place = board.stages.iter().position(|stage| stage.id.as_str() == "deal").unwrap();
        board.stages.remove(place)
    });
    desk.drag("price");
    let (add, remove) = (["deal".into()].into(), [].into());
    desk.hear(Happening::TagsEdited { add, remove, expires_at: None });
    desk.settle();
    assert_eq!(desk.tags(), ["deal", "price"]);
    let reaction = change_board(&mut desk, |board| board.stages.push(taken));
    assert!(reaction.work.is_empty());
    assert_eq!((desk.stage(), desk.tags()), (Some("price"), vec!["price"]), "one tag of the board (T2)");
    assert_eq!(desk.phone("anna"), ["deal", "price"], "history stays on the phone (T1)");
    // And the next move leaves one.
    desk.drag("new");
    desk.settle();
    assert_eq!((desk.tags(), desk.phone("anna")), (vec!["new"], vec!["new"]));
}

fn change_stages<T>(desk: &mut Desk, change: impl FnOnce(&mut Board) -> T) -> T {
    change(desk.book.boards.get_mut(&BoardId::from("sales")).unwrap())
}

#[test]
fn a_stage_tag_made_anew_that_staff_put_on_themselves_stays() {
    let mut desk = Desk::at_stage("price");
    let fresh = crate::playbook::Tag {
        id: "price2".into(),
        name: "考虑价格".into(),
        order: 0,
        deleted: false,
        editable: None,
    };
    super::fixture::delete_tag(&mut desk.book, "price");
    desk.wecom.edit("anna", &[], &["price"]);
    let mut groups: Vec<_> = desk.book.tags.groups().cloned().collect();
    groups.iter_mut().find(|group| group.id.as_str() == "g1").unwrap().tags.push(fresh);
    desk.book.tags = crate::playbook::TagTree::new(groups);
    change_stages(&mut desk, |board| {
        board.stages.iter_mut().find(|stage| stage.id.as_str() == "price").unwrap().tag =
            Some(TagId::from("price2"));
    });
    desk.edit("anna", &["price2"], &[]);
    desk.settle();
    assert_eq!((desk.stage(), desk.tags()), (Some("price"), vec!["price2"]));
    assert_eq!(desk.phone("anna"), ["price2"]);
}

#[test]
fn a_group_that_is_mirrored_whole_copies_history_and_nothing_else() {
    let mut desk = Desk::new();
    for (staff, tags) in [("anna", &["vip", "new"][..]), ("ben", &["car"][..])] {
        desk.wecom.add(staff, desk.now.plus_days(-10));
        desk.wecom.edit(staff, tags, &[]);
    }
    let snapshot = Snapshot { baseline: true, ..desk.wecom.snapshot(0) };
    desk.hear(Happening::Fetched { snapshot });
    desk.settle();
    assert_eq!(desk.phone("ben"), ["car"]);
    let reaction = desk.hear(Happening::GroupMirrored { group: "g2".into() });
    assert_eq!(kinds(&reaction), ["group_mirrored"]);
    desk.settle();
    assert_eq!((desk.phone("anna"), desk.phone("ben")), (vec!["car", "new", "vip"], vec!["car", "vip"]));
    let again = desk.file.clone();
    assert!(desk.hear(Happening::GroupMirrored { group: "g2".into() }).is_quiet(&again));
}

fn tell(desk: &mut Desk, name: &str, value: Option<AttributeValue>) -> Vec<String> {
    let values = BTreeMap::from([(name.to_owned(), value)]);
    kinds(&desk.hear(Happening::AttributesSet { values }))
}

#[test]
fn a_deal_is_worth_what_the_named_attribute_says() {
    let mut desk = Desk::at_stage("price");
    let worth = |desk: &Desk| desk.file.cards.values().next().unwrap().amount;
    assert_eq!(worth(&desk), None);
    change_board(&mut desk, |board| board.amount = Some("deal_amount".into()));
    assert_eq!(worth(&desk), Some(0));
    let number = |value| Some(AttributeValue::Number(value));
    assert_eq!(tell(&mut desk, "deal_amount", number(1999.5)), ["attribute_changed"]);
    assert_eq!(worth(&desk), Some(199_950));
    let past = desk.now.plus_days(-1);
    let values = BTreeMap::from([("deal_amount".to_owned(), number(1.0))]);
    let late = desk.hear_of(past, Happening::AttributesSet { values });
    assert_eq!((kinds(&late), worth(&desk)), (vec!["attribute_refused".to_owned()], Some(199_950)));
    desk.now = desk.now.plus_mins(1);
    tell(&mut desk, "deal_amount", None);
    assert_eq!((worth(&desk), desk.file.attributes.len()), (Some(0), 0));
}

#[test]
fn attributes_are_bounded_and_say_so() {
    let mut desk = Desk::with_friend();
    for n in 0..100 {
        assert_eq!(
            tell(&mut desk, &format!("a{n}"), Some(AttributeValue::Bool(true))),
            ["attribute_changed"]
        );
    }
    assert_eq!(tell(&mut desk, "one more", Some(AttributeValue::Bool(true))), ["attribute_refused"]);
    assert_eq!(tell(&mut desk, "a7", Some(AttributeValue::Text("长".repeat(6000)))), ["attribute_refused"]);
    assert!(tell(&mut desk, "a7", Some(AttributeValue::Bool(true))).is_empty(), "the same again");
}
