use wecom::tag::Tag;

use super::*;
use crate::doctor::{BoundStage, Verdict, trouble::tests::refused};

fn board(ours: bool) -> BoundBoard {
    let stage = |name: &str, tag: &str| BoundStage { name: name.into(), tag: Some(tag.into()) };
    BoundBoard {
        name: "销售".into(),
        group: "etg1".into(),
        group_name: "客户状态".into(),
        ours,
        stages: vec![stage("了解产品", "et1"), stage("下定", "et2")],
    }
}

fn plan(boards: Vec<BoundBoard>) -> Result<Plan, NoPlan> {
    Ok(Plan { boards, ..Plan::default() })
}

fn group(id: &str, tags: &[&str]) -> TagGroup {
    let tag = |id: &&str| Tag { id: (*id).into(), name: (*id).into(), ..Tag::default() };
    TagGroup { group_id: id.into(), tags: tags.iter().map(tag).collect(), ..TagGroup::default() }
}

#[test]
fn what_a_board_is_bound_to_has_to_be_in_wecom() {
    let cases = [
        (vec![group("etg1", &["et1", "et2", "et9"])], [Verdict::Ok, Verdict::Ok]),
        (vec![group("etg1", &["et1"])], [Verdict::Ok, Verdict::Problem]),
        // A group of the same name is another group.
        (vec![group("etg2", &["et3", "et4"])], [Verdict::Problem, Verdict::Problem]),
        (vec![], [Verdict::Problem, Verdict::Problem]),
    ];
    for (tags, verdicts) in cases {
        let found = bound(&plan(vec![board(true)]), &Ok(tags));
        assert_eq!([found[0].check, found[1].check], [Check::TagGroups, Check::StageTags]);
        assert_eq!([found[0].verdict, found[1].verdict], verdicts);
        for finding in found.into_iter().filter(|finding| finding.verdict == Verdict::Problem) {
            assert!(finding.zh.contains("销售") && finding.en.contains("销售"), "{}", finding.zh);
            assert!(finding.mend_zh.unwrap().contains("PUT /api/v1/boards/{id}"));
        }
    }
    let lost = bound(&plan(vec![board(true)]), &Ok(vec![group("etg1", &["et1"])]));
    assert!(lost[1].en.contains("销售/下定") && !lost[1].en.contains("了解产品"), "{}", lost[1].en);
}

#[test]
fn a_stage_whose_tag_nobody_knows_has_none() {
    let mut board = board(true);
    board.stages[0].tag = None;
    let [_, stages] = bound(&plan(vec![board]), &Ok(vec![group("etg1", &["et1", "et2"])]));
    assert!(stages.zh.contains("销售/了解产品"), "{}", stages.zh);
}

#[test]
fn what_cannot_be_compared_is_unknown() {
    let no = NoPlan { why: words("不知道", "not known"), mend: words("这样做", "do this") };
    let found = bound(&Err(no), &Ok(vec![]));
    assert_eq!(found.each_ref().map(|finding| finding.verdict), [Verdict::Unknown; 2]);
    let found = bound(&plan(vec![board(true)]), &Err(refused(48002)));
    assert_eq!(found.each_ref().map(|finding| finding.verdict), [Verdict::Unknown; 2]);
    let found = bound(&plan(vec![]), &Ok(vec![]));
    assert_eq!(found.each_ref().map(|finding| finding.verdict), [Verdict::Ok; 2]);
}

#[test]
fn ten_thousand_tags_are_the_end() {
    let many = |n: usize| Ok(vec![group("etg1", &vec!["et"; n])]);
    let cases = [
        (0, Verdict::Ok),
        (8_999, Verdict::Ok),
        (9_000, Verdict::Warning),
        (9_999, Verdict::Warning),
        (10_000, Verdict::Problem),
    ];
    for (n, verdict) in cases {
        let finding = count(&many(n));
        assert_eq!(finding.verdict, verdict, "{n}");
        assert!(finding.zh.contains(&n.to_string()));
    }
}

#[test]
fn who_made_a_tag_is_known_of_our_own_groups_only() {
    assert_eq!(rights(&plan(vec![board(true)])).verdict, Verdict::Ok);
    let finding = rights(&plan(vec![board(true), BoundBoard { name: "售后".into(), ..board(false) }]));
    assert_eq!(finding.verdict, Verdict::Unknown);
    assert!(
        finding.en.ends_with(": 售后 = 客户状态") && finding.en.contains("does not tell"),
        "{}",
        finding.en
    );
    let no = NoPlan { why: words("不知道", "not known"), mend: words("这样做", "do this") };
    assert!(rights(&Err(no)).zh.contains("不告诉"));
}
