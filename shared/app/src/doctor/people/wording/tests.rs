use super::*;
use crate::doctor::{Verdict, trouble::tests::refused};

fn ids(ids: &[&str]) -> BTreeSet<StaffId> {
    ids.iter().map(|id| StaffId::from(*id)).collect()
}

fn plan(staff: &[&str]) -> Result<Plan, NoPlan> {
    Ok(Plan { staff: ids(staff), boards: Vec::new() })
}

#[test]
fn an_app_that_is_not_admitted_is_told_where_to_be_ticked() {
    let finding = customer_contact(&Err(refused(48002)));
    assert_eq!(finding.verdict, Verdict::Problem);
    assert!(finding.mend_zh.unwrap().contains("可调用接口的应用"));
    assert!(finding.mend_en.unwrap().contains("可调用接口的应用"));
    assert!(finding.detail.unwrap().contains("48002"));
}

#[test]
fn without_anybody_licensed_nothing_works() {
    let finding = customer_contact(&Ok(BTreeSet::new()));
    assert_eq!(finding.verdict, Verdict::Problem);
    assert!(finding.mend_zh.unwrap().contains("权限配置"));
    let finding = customer_contact(&Ok(ids(&["zhang", "li"])));
    assert_eq!((finding.verdict, finding.detail.as_deref()), (Verdict::Ok, Some("li, zhang")));
    assert!(finding.en.contains("2 licensed"));
}

#[test]
fn each_reason_why_somebody_has_no_customers_has_its_own_mend() {
    let cases = [
        (Standing::NoLicence, "没有开通客户联系：", "not licensed:", "权限配置"),
        (Standing::OutOfSight, "应用看不到：", "not seen by the app:", "可见范围"),
        (Standing::Inactive, "还没激活企业微信：", "not activated:", "激活"),
        (Standing::Disabled, "已被停用：", "switched off:", "启用"),
        (Standing::Left, "已离职：", "left:", "离职继承"),
        (Standing::Unclear, "没有查到原因：", "not found out:", "核对"),
    ];
    for (standing, zh, en, mend) in cases {
        let missing = BTreeMap::from([("zhang".into(), standing)]);
        let finding = staff_licences(&plan(&["zhang", "li"]), &Ok(ids(&["li"])), &missing);
        assert_eq!(finding.verdict, Verdict::Warning, "{standing:?}");
        assert!(finding.zh.contains(&format!("{zh}zhang")), "{}", finding.zh);
        assert!(finding.en.contains(&format!("{en} zhang")), "{}", finding.en);
        assert!(finding.mend_zh.unwrap().contains(mend), "{standing:?}");
        assert!(finding.mend_en.is_some());
    }
}

#[test]
fn a_staff_without_one_licence_is_a_problem() {
    let missing = BTreeMap::from([("li".into(), Standing::NoLicence), ("zhang".into(), Standing::Left)]);
    let finding = staff_licences(&plan(&["zhang", "li"]), &Ok(BTreeSet::new()), &missing);
    assert_eq!(finding.verdict, Verdict::Problem);
    assert!(
        finding.mend_zh.as_ref().is_some_and(|mend| mend.contains("权限配置") && mend.contains("离职继承"))
    );
    let all = staff_licences(&plan(&["zhang"]), &Ok(ids(&["zhang"])), &BTreeMap::new());
    assert_eq!(all.verdict, Verdict::Ok);
    let nobody = staff_licences(&plan(&[]), &Ok(ids(&["zhang"])), &BTreeMap::new());
    assert_eq!(nobody.verdict, Verdict::Ok);
}

#[test]
fn an_unknown_playbook_is_said_to_be_unknown() {
    let no = NoPlan { why: words("不知道", "not known"), mend: words("这样做", "do this") };
    let finding = staff_licences(&Err(no), &Ok(ids(&["zhang"])), &BTreeMap::new());
    assert_eq!(finding.verdict, Verdict::Unknown);
    assert_eq!((finding.en.as_str(), finding.mend_en.as_deref()), ("not known", Some("do this")));
}

#[test]
fn members_without_a_licence_matter_while_nobody_knows_who_is_to_have_customers() {
    let seen = |members: &[&str]| Ok(Directory { members: ids(members), departments: 1, unread: 0 });
    let licensed = Ok(ids(&["zhang"]));
    let verdict = |members: &[&str], known| visible_range(&seen(members), &licensed, known).verdict;
    assert_eq!(verdict(&["zhang"], false), Verdict::Ok);
    assert_eq!(verdict(&["zhang", "li"], false), Verdict::Warning);
    assert_eq!(verdict(&["zhang", "li"], true), Verdict::Ok);
    assert_eq!(verdict(&[], true), Verdict::Unknown);
    assert!(visible_range(&seen(&["zhang", "li"]), &licensed, false).en.ends_with(": li"));
    assert_eq!(visible_range(&Err(refused(60011)), &licensed, true).verdict, Verdict::Problem);
}
