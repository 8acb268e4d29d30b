use std::collections::BTreeMap;

use domain::{
    StaffId, Timestamp,
    playbook::{Department, Role, Staff, StaffStatus},
};

use super::{
    ask::{Found, Sighting},
    difference::{after, departments},
    state::Counts,
};

const NOW: Timestamp = Timestamp::from_secs(1_772_413_200);

fn anna() -> Staff {
    Staff { departments: [2].into(), revision: 4, ..Staff::named("anna".into(), "安娜") }
}

fn seen(found: Found, licensed: Option<bool>) -> Sighting {
    Sighting { userid: "anna".into(), licensed, found }
}

fn member(name: &str) -> Found {
    Found::Member { name: name.into(), departments: [2].into(), left: false }
}

fn gone() -> Found {
    Found::Member { name: "安娜".into(), departments: [].into(), left: true }
}

fn counted(known: Option<&Staff>, sighting: &Sighting) -> Counts {
    let mut counts = Counts::default();
    counts.add(known, &after(known, sighting, NOW).expect("a difference"));
    counts
}

#[test]
fn what_is_as_it_was_changes_nothing() {
    for found in [member("安娜"), member(" "), Found::Hidden, Found::Nobody] {
        assert_eq!(after(Some(&anna()), &seen(found, Some(true)), NOW), None);
    }
    for found in [Found::Hidden, Found::Nobody] {
        assert_eq!(
            after(Some(&anna()), &seen(found, None), NOW),
            None,
            "not knowing is not knowing of a loss"
        );
    }
}

#[test]
fn whoever_is_licensed_is_taken_in_as_an_operator_with_a_name_or_without() {
    let named = after(None, &seen(member("安娜"), Some(true)), NOW).unwrap();
    assert_eq!(named, Staff { revision: 0, ..anna() });
    let unnamed = after(None, &seen(Found::Hidden, Some(true)), NOW).unwrap();
    assert_eq!((unnamed.name.as_str(), unnamed.role), ("anna", Role::Operator));
    for found in [member("安娜"), Found::Nobody, Found::Hidden, gone()] {
        assert_eq!(after(None, &seen(found.clone(), Some(false)), NOW), None);
        assert_eq!(after(None, &seen(found, None), NOW), None);
    }
}

#[test]
fn leaving_and_coming_back_keeps_what_people_decided() {
    let boss = Staff { role: Role::Manager, manages: [2].into(), ..anna() };
    for found in [gone(), Found::Nobody] {
        let left = after(Some(&boss), &seen(found, Some(false)), NOW).unwrap();
        assert_eq!(left.status, StaffStatus::Left { since: NOW });
        assert!(!left.licensed);
        assert_eq!((left.role, &left.manages, &left.departments), (Role::Manager, &[2].into(), &[2].into()));
        // The day after it is no news.
        let again = after(Some(&left), &seen(gone(), Some(false)), NOW.plus_days(1));
        assert_eq!(again, None);
        let back = after(Some(&left), &seen(member("安娜"), Some(true)), NOW.plus_days(6)).unwrap();
        assert_eq!(back, boss);
        // Listed as licensed, though the member cannot be read.
        assert_eq!(after(Some(&left), &seen(Found::Hidden, Some(true)), NOW), Some(boss.clone()));
        assert_eq!(after(Some(&left), &seen(Found::Hidden, Some(false)), NOW), None);
    }
}

#[test]
fn whoever_comes_back_after_a_week_may_be_somebody_else_and_is_an_operator() {
    let status = StaffStatus::Left { since: NOW };
    let boss = Staff {
        role: Role::Manager,
        manages: [2].into(),
        projects: ["春季".to_owned()].into(),
        status,
        licensed: false,
        ..anna()
    };
    let sighting = seen(member("安娜"), Some(true));
    let back = after(Some(&boss), &sighting, NOW.plus_days(7)).unwrap();
    assert_eq!(back, anna());
    let mut counts = Counts::default();
    counts.add(Some(&boss), &back);
    assert_eq!((counts.back, counts.demoted), (1, 1));
    // With nothing to lose nothing is lost.
    let operator = Staff { role: Role::Operator, manages: [].into(), projects: [].into(), ..boss };
    let back = after(Some(&operator), &sighting, NOW.plus_days(7)).unwrap();
    let mut counts = Counts::default();
    counts.add(Some(&operator), &back);
    assert_eq!((counts.back, counts.demoted), (1, 0));
}

#[test]
fn an_absence_is_none_of_wecoms_business() {
    let status = StaffStatus::Away { delegate: Some("ben".into()), until: None };
    let away = Staff { status: status.clone(), ..anna() };
    let renamed = after(Some(&away), &seen(member("安娜娜"), Some(true)), NOW).unwrap();
    assert_eq!((renamed.name.as_str(), renamed.status), ("安娜娜", status));
}

#[test]
fn each_difference_is_counted_as_what_it_is() {
    let anna = anna();
    let some = Some(&anna);
    let one = Counts::default();
    assert_eq!(counted(None, &seen(member("安娜"), Some(true))), Counts { new: 1, ..one });
    assert_eq!(counted(some, &seen(gone(), Some(false))), Counts { left: 1, ..one });
    assert_eq!(counted(some, &seen(member("安娜"), Some(false))), Counts { unlicensed: 1, ..one });
    assert_eq!(counted(some, &seen(member("娜娜"), Some(true))), Counts { renamed: 1, ..one });
    let moved = Found::Member { name: "安娜".into(), departments: [3].into(), left: false };
    assert_eq!(counted(some, &seen(moved, Some(true))), Counts { moved: 1, ..one });
    let left = Staff { status: StaffStatus::Left { since: NOW }, licensed: false, ..anna.clone() };
    let back = counted(Some(&left), &seen(member("安娜"), Some(true)));
    assert_eq!(back, Counts { back: 1, licensed: 1, ..one });
}

#[test]
fn departments_become_what_wecom_shows_and_keep_names_that_it_does_not_tell() {
    let department = |id: u64, name: &str, parent| Department { id, name: name.into(), parent };
    let known: BTreeMap<u64, Department> =
        [department(1, "公司", None), department(2, "销售部", Some(1)), department(3, "售后部", Some(1))]
            .into_iter()
            .map(|department| (department.id, department))
            .collect();
    let told = |id, name: Option<&str>, parentid| wecom::directory::Department {
        id,
        name: name.map(str::to_owned),
        parentid,
        ..wecom::directory::Department::default()
    };
    let same = [told(1, Some("公司"), 0), told(2, None, 1), told(3, None, 1)];
    assert!(departments(&known, &same).is_empty());
    let other =
        [told(1, Some("公司"), 0), told(2, Some("直营销售部"), 1), told(4, None, 2), told(0, None, 1)];
    let expected: BTreeMap<u64, Option<Department>> =
        [(2, Some(department(2, "直营销售部", Some(1)))), (3, None), (4, Some(department(4, "", Some(2))))]
            .into();
    assert_eq!(departments(&known, &other), expected);
}

#[test]
fn a_userid_is_read_as_wecom_compares_it() {
    assert_eq!(seen(Found::Hidden, None).userid, StaffId::from("Anna"));
}
