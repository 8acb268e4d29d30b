use proptest::prelude::*;

use super::*;
use crate::Playbook;

const NOW: Timestamp = Timestamp::from_secs(1_772_413_200);

fn department(id: DepartmentId, parent: Option<DepartmentId>) -> Department {
    Department { id, name: format!("部门{id}"), parent }
}

fn with_departments(tree: &[(DepartmentId, Option<DepartmentId>)]) -> Playbook {
    let departments = tree.iter().map(|(id, parent)| (*id, department(*id, *parent))).collect();
    Playbook { departments, ..Playbook::default() }
}

/// 1 ─ 2 ─ 3, 1 ─ 4; anna in 3, ben in 2 and 4, carl in 1.
fn company() -> Playbook {
    let mut book = with_departments(&[(1, None), (2, Some(1)), (3, Some(2)), (4, Some(1))]);
    for (userid, departments) in [("anna", vec![3]), ("ben", vec![2, 4]), ("carl", vec![1])] {
        let staff =
            Staff { departments: departments.into_iter().collect(), ..Staff::named(userid.into(), userid) };
        book.staff.insert(staff.userid.clone(), staff);
    }
    book
}

fn manager_of(departments: &[DepartmentId]) -> Staff {
    let manages = departments.iter().copied().collect();
    Staff { role: Role::Manager, manages, ..Staff::named("mia".into(), "米娅") }
}

fn codes(refused: Result<Staff, Vec<crate::playbook::Problem>>) -> Vec<(String, String)> {
    refused.unwrap_err().into_iter().map(|problem| (problem.pointer, problem.code)).collect()
}

fn away(delegate: &str) -> StaffChange {
    StaffChange {
        away: Some(Some(Absence { delegate: Some(delegate.into()), until: None })),
        ..StaffChange::default()
    }
}

#[test]
fn a_record_of_only_userid_and_name_is_an_active_operator_with_a_licence() {
    let read: Staff = serde_json::from_str(r#"{"userid": "ZhangSan", "name": "张三"}"#).unwrap();
    assert_eq!(read, Staff::named("zhangsan".into(), "张三"));
    assert!(read.is_with_us() && read.licensed && read.role == Role::Operator);
}

#[test]
fn a_manager_leads_whoever_is_in_their_departments_or_below_them() {
    let book = company();
    let led = |departments: &[DepartmentId]| {
        let led = book.staff_led_by(&manager_of(departments));
        led.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(led(&[1]), ["anna", "ben", "carl"]);
    assert_eq!(led(&[2]), ["anna", "ben"]);
    assert_eq!(led(&[3]), ["anna"]);
    assert_eq!(led(&[4, 3]), ["anna", "ben"]);
    assert_eq!(led(&[9]), [""; 0]);
}

#[test]
fn only_managers_lead() {
    let book = company();
    for role in [Role::Operator, Role::Admin] {
        assert!(book.staff_led_by(&Staff { role, ..manager_of(&[1]) }).is_empty(), "{role:?}");
    }
}

#[test]
fn circles_and_departments_out_of_sight_do_no_harm() {
    let circle = with_departments(&[(1, Some(3)), (2, Some(1)), (3, Some(2)), (5, Some(77)), (6, Some(6))]);
    assert_eq!(circle.departments_below(&[2].into()), [1, 2, 3].into());
    assert_eq!(circle.departments_below(&[77].into()), [5, 77].into());
    assert_eq!(circle.departments_below(&[6].into()), [6].into());
    assert!(circle.departments_below(&BTreeSet::new()).is_empty());
}

proptest! {
    #[test]
    fn below_is_what_one_reaches_by_going_up(
        tree in proptest::collection::btree_map(1_u64..12, proptest::option::of(1_u64..12), 0..12),
        top in 1_u64..12,
    ) {
        let tree: Vec<_> = tree.into_iter().collect();
        let book = with_departments(&tree);
        let below = book.departments_below(&[top].into());
        for (id, _) in &tree {
            let mut at = Some(*id);
            let reaches = (0..=tree.len()).any(|_| {
                let here = at;
                at = here.and_then(|id| book.departments.get(&id)).and_then(|department| department.parent);
                here == Some(top)
            });
            prop_assert_eq!(below.contains(id), reaches, "{} below {}", id, top);
        }
    }
}

#[test]
fn somebody_is_away_until_they_are_back_or_the_time_is_over() {
    let book = company();
    let until = NOW.plus_days(3);
    let change = StaffChange {
        away: Some(Some(Absence { delegate: Some("ben".into()), until: Some(until) })),
        ..StaffChange::default()
    };
    let gone = book.change_staff(&book.staff[&"anna".into()], &change, NOW).unwrap();
    assert!(matches!(gone.status.at(NOW), StaffStatus::Away { .. }));
    assert_eq!(gone.status.at(until), StaffStatus::Active);
    let back = StaffChange { away: Some(None), ..StaffChange::default() };
    assert_eq!(book.change_staff(&gone, &back, NOW).unwrap(), book.staff[&"anna".into()]);
}

#[test]
fn a_delegate_is_somebody_else_who_is_there() {
    let mut book = company();
    let left = StaffStatus::Left { since: NOW };
    let absent = |until| StaffStatus::Away { delegate: None, until };
    for (userid, status) in [
        ("gone", left),
        ("away", absent(None)),
        ("returning", absent(Some(NOW))),
        ("absent", absent(Some(NOW.plus_secs(1)))),
    ] {
        book.staff.insert(userid.into(), Staff { status, ..Staff::named(userid.into(), userid) });
    }
    let anna = &book.staff[&"anna".into()];
    for (delegate, code) in [
        ("Anna", "self_delegate"),
        ("nobody", "unknown_staff"),
        ("gone", "delegate_left"),
        ("away", "delegate_away"),
        ("absent", "delegate_away"),
    ] {
        let refused = codes(book.change_staff(anna, &away(delegate), NOW));
        assert_eq!(refused, [("/away/delegate".to_owned(), code.to_owned())]);
    }
    for delegate in ["ben", "returning"] {
        assert!(book.change_staff(anna, &away(delegate), NOW).is_ok(), "{delegate}");
    }
    let past = StaffChange {
        away: Some(Some(Absence { delegate: None, until: Some(NOW) })),
        ..StaffChange::default()
    };
    assert_eq!(
        codes(book.change_staff(anna, &past, NOW)),
        [("/away/until".to_owned(), "in_the_past".to_owned())]
    );
    let gone = &book.staff[&"gone".into()];
    assert_eq!(
        codes(book.change_staff(gone, &away("ben"), NOW)),
        [("/away".to_owned(), "has_left".to_owned())]
    );
}

#[test]
fn a_manager_has_departments_that_there_are_and_nobody_else_has_any() {
    let book = company();
    let anna = &book.staff[&"anna".into()];
    let change = |role, manages: Option<&[DepartmentId]>| StaffChange {
        projects: None,
        role,
        manages: manages.map(|ids| ids.iter().copied().collect()),
        away: None,
    };
    let refused = |staff: &Staff, change| codes(book.change_staff(staff, &change, NOW))[0].1.clone();
    assert_eq!(refused(anna, change(Some(Role::Manager), None)), "manager_without_departments");
    assert_eq!(refused(anna, change(Some(Role::Manager), Some(&[9]))), "unknown_department");
    assert_eq!(refused(anna, change(None, Some(&[2]))), "not_a_manager");
    assert_eq!(refused(anna, change(Some(Role::Admin), Some(&[2]))), "not_a_manager");

    let manager = book.change_staff(anna, &change(Some(Role::Manager), Some(&[2])), NOW).unwrap();
    assert_eq!((manager.role, &manager.manages), (Role::Manager, &[2].into()));
    assert_eq!(refused(&manager, change(None, Some(&[]))), "manager_without_departments");
    // Their absence has nothing to do with departments that are gone meanwhile.
    let kept = Staff { manages: [9].into(), ..manager.clone() };
    assert_eq!(book.change_staff(&kept, &away("ben"), NOW).unwrap().manages, [9].into());
    let operator = book.change_staff(&manager, &change(Some(Role::Operator), None), NOW).unwrap();
    assert_eq!(&operator, anna);
}

#[test]
fn the_last_admin_is_the_only_one_who_is_still_there() {
    let mut book = company();
    let admin = |userid: &str| Staff { role: Role::Admin, ..Staff::named(userid.into(), userid) };
    book.staff.insert("anna".into(), admin("anna"));
    assert!(book.is_last_admin(&admin("anna")));
    assert!(!book.is_last_admin(&book.staff[&"ben".into()]));
    book.staff.insert("dora".into(), Staff { status: StaffStatus::Left { since: NOW }, ..admin("dora") });
    assert!(book.is_last_admin(&admin("anna")) && !book.is_last_admin(&book.staff[&"dora".into()]));
    book.staff.insert("dora".into(), admin("dora"));
    assert!(!book.is_last_admin(&admin("anna")));
}

#[test]
fn projects_are_names_and_few() {
    let book = Playbook::default();
    let anna = Staff::named("anna".into(), "Anna");
    let change = |names: &[&str]| {
        let projects = Some(names.iter().map(|&name| name.to_owned()).collect());
        book.change_staff(&anna, &StaffChange { projects, ..StaffChange::default() }, Timestamp::from_secs(0))
    };
    assert_eq!(change(&[" 春季展会", "春季展会"]).unwrap().projects, ["春季展会".to_owned()].into());
    assert_eq!(change(&[]).unwrap().projects, BTreeSet::new());
    let pointer = |names: &[&str]| change(names).unwrap_err()[0].pointer.clone();
    assert_eq!(pointer(&["a", " "]), "/projects/1");
    assert_eq!(pointer(&[&"长".repeat(61)]), "/projects/0");
    let many: Vec<String> = (0..51).map(|n| n.to_string()).collect();
    assert_eq!(pointer(&many.iter().map(String::as_str).collect::<Vec<_>>()), "/projects");
}
