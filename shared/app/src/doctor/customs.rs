//! Settings of the corp that WeCom tells nobody: inferred from what happened, or asked.

use super::{
    finding::{Check, Finding, Words, listed, words},
    past::Past,
    plan::NoPlan,
};

/// So many welcomes without a code, and none with one, are no accident.
const ENOUGH: u32 = 3;
/// Nor is it where so many come without a code for each that comes with one.
const LOPSIDED: u32 = 4;

/// A greeting in the admin console keeps WeCom from giving welcome codes for its members: their new customers come
/// without one.
pub(super) fn console_welcome(past: &Result<Past, NoPlan>) -> Finding {
    let check = Check::ConsoleWelcome;
    let look = words(
        "在 管理后台 → 客户与上下游 → 客户联系 → 加客户 → 欢迎语 里，删掉用 Stepwise 发欢迎语的成员的欢迎语；\
         也看看有没有别的应用在发（同一个 code 先到先得）",
        "Delete the greetings of members whose welcome comes from Stepwise in the admin console (客户与上下游 → 客户联系 → \
         加客户 → 欢迎语), and see whether another app greets too (the first to use a code has it)",
    );
    let silent = words(
        "后台设了欢迎语的成员，企业微信不给 welcome_code，也没有接口可以查",
        "For members with a greeting in the admin console WeCom gives no welcome code, and no API tells who has one",
    );
    let past = match past {
        Ok(past) => past,
        Err(no) => {
            let found = words(
                format!("{}；这里也没有可以推断的记录：{}", silent.zh, no.why.zh),
                format!("{}; nor is there a record here to infer it from: {}", silent.en, no.why.en),
            );
            return Finding::unknown(check, found, look.and(&no.mend));
        }
    };
    if past.welcomes.is_empty() {
        let found = words(
            format!("{}；最近也没有该发欢迎语的新客户可以推断", silent.zh),
            format!("{}; nor was a welcome due of late from which to infer it", silent.en),
        );
        return Finding::unknown(check, found, look);
    }
    sampled(past, &silent, look)
}

/// What the welcomes of the sample tell.
fn sampled(past: &Past, silent: &Words, look: Words) -> Finding {
    let check = Check::ConsoleWelcome;
    let all = past.welcomes.values();
    let (with, without): (u32, u32) =
        (all.clone().map(|seen| seen.with_code).sum(), all.map(|seen| seen.without).sum());
    let detail = format!("{with} sampled welcomes with a code, {without} without");
    // One or two have innocent reasons: they were chatting already, or the contact is another corp's WeCom user.
    let codeless = past.welcomes.iter().filter(|(_, seen)| seen.with_code == 0 && seen.without > 0);
    let listed = |least: u32| {
        let all = codeless.clone().filter(|(_, seen)| seen.without >= least);
        let all: Vec<String> = all.map(|(staff, seen)| format!("{staff} ({})", seen.without)).collect();
        (!all.is_empty()).then(|| listed(all))
    };
    let finding = if let Some(names) = listed(ENOUGH) {
        let found = words(
            format!("抽查中，这些成员的新客户都没有带 welcome_code，多半是后台设了欢迎语：{names}"),
            format!(
                "New customers of these members came without a welcome code, most likely because the admin console \
                 greets them: {names}"
            ),
        );
        Finding::warning(check, found, look)
    } else if without >= ENOUGH && without >= LOPSIDED * with {
        let found = words(
            format!(
                "抽查的新客户里只有 {with} 位带着 welcome_code，{without} 位没有：多半有不少成员在后台设了欢迎语"
            ),
            format!(
                "Of the new customers sampled only {with} came with a welcome code, {without} without: most likely the \
                 admin console greets those of many members"
            ),
        );
        Finding::warning(check, found, look)
    } else if let Some(names) = listed(1).filter(|_| with == 0 || without >= ENOUGH) {
        let found = words(
            format!(
                "{}；抽查到的新客户太少，推断不出：{with} 位带着 welcome_code，{without} 位没有；一位都没带的成员：{names}",
                silent.zh
            ),
            format!(
                "{}; too few new customers were sampled to infer it: {with} with a code, {without} without; members \
                 without any: {names}",
                silent.en
            ),
        );
        Finding::unknown(check, found, look)
    } else {
        let found = words(
            "抽查的新客户带着 welcome_code：没有看出后台欢迎语的影响",
            "The new customers sampled came with welcome codes: no greeting of the admin console shows",
        );
        Finding::ok(check, found)
    };
    finding.detail(detail)
}

pub(super) fn mass_rule() -> Finding {
    Finding::unknown(
        Check::MassRule,
        words(
            "企业的群发规则（每位客户能收多少条）没有接口可以查：默认每月当月天数条，管理员可以改成每周 7 条或每天 1 条",
            "How many mass messages a customer may get cannot be asked: as many in a month as it has days, unless an admin \
             chose 7 a week or 1 a day",
        ),
        words(
            "管理员在 手机企业微信 → 群发助手 → 设置群发规则 里查看；超出的不会送达（发送结果为 3）",
            "An admin finds it in the WeCom app: 群发助手 → 设置群发规则. What is beyond it is not delivered (status 3 of \
             the result)",
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::doctor::{Verdict, past::Welcomes};

    fn past(welcomes: &[(&str, u32, u32)]) -> Result<Past, NoPlan> {
        let each = |(staff, with_code, without): &(&str, u32, u32)| {
            ((*staff).into(), Welcomes { with_code: *with_code, without: *without })
        };
        Ok(Past { welcomes: welcomes.iter().map(each).collect::<BTreeMap<_, _>>(), ..Past::default() })
    }

    #[test]
    fn whose_new_customers_never_bring_a_code_is_greeted_by_the_console() {
        let finding = console_welcome(&past(&[("li", 3, 0), ("wang", 2, 1), ("zhang", 0, 4)]));
        assert_eq!(finding.verdict, Verdict::Warning);
        assert!(finding.zh.ends_with("：zhang (4)") && finding.en.ends_with(": zhang (4)"), "{}", finding.zh);
        assert!(finding.mend_zh.unwrap().contains("欢迎语"));
        assert_eq!(finding.detail.unwrap(), "5 sampled welcomes with a code, 5 without");
    }

    #[test]
    fn one_or_two_without_a_code_have_innocent_reasons() {
        for seen in [vec![("li", 3, 1)], vec![("li", 3, 0), ("wang", 0, 2)], vec![("li", 4, 3)]] {
            assert_eq!(console_welcome(&past(&seen)).verdict, Verdict::Ok, "{seen:?}");
        }
        assert_eq!(console_welcome(&past(&[("wang", 0, 2)])).verdict, Verdict::Unknown);
    }

    #[test]
    fn members_of_whom_too_few_customers_were_sampled_are_counted_and_not_called_right() {
        let finding = console_welcome(&past(&[("li", 3, 1), ("wang", 0, 2)]));
        assert_eq!(finding.verdict, Verdict::Unknown);
        assert!(
            finding.en.ends_with("3 with a code, 3 without; members without any: wang (2)"),
            "{}",
            finding.en
        );
        assert!(finding.zh.contains("3 位带着 welcome_code，3 位没有"), "{}", finding.zh);
        assert!(finding.mend_zh.unwrap().contains("欢迎语"));
    }

    #[test]
    fn where_hardly_any_customer_came_with_a_code_it_is_a_warning_however_they_are_spread() {
        let names: Vec<String> = (0..39).map(|n| format!("staff{n:02}")).collect();
        let one_in_forty = |with: u32| {
            let mut seen: Vec<(&str, u32, u32)> = names.iter().map(|name| (name.as_str(), 0, 1)).collect();
            seen.push(("zhang", with, 0));
            console_welcome(&past(&seen))
        };
        for with in [0, 1, 9] {
            let finding = one_in_forty(with);
            assert_eq!(finding.verdict, Verdict::Warning, "{with}");
            assert!(finding.en.contains(&format!("only {with} came with a welcome code, 39 without")));
        }
        assert_eq!(one_in_forty(10).verdict, Verdict::Unknown);
    }

    #[test]
    fn without_a_record_it_is_unknown_and_said_so() {
        let no = NoPlan {
            why: words("目录被占用", "the directory is in use"),
            mend: words("停下", "stop it"),
        };
        for (past, why) in [(past(&[]), "of late"), (Err(no), "the directory is in use")] {
            let finding = console_welcome(&past);
            assert_eq!(finding.verdict, Verdict::Unknown);
            assert!(finding.en.contains(why) && finding.en.contains("no API"), "{}", finding.en);
            assert!(finding.mend_en.unwrap().contains("欢迎语"));
        }
    }

    #[test]
    fn the_mass_rule_is_for_an_admin_to_look_up() {
        let finding = mass_rule();
        assert_eq!(finding.verdict, Verdict::Unknown);
        assert!(finding.mend_zh.unwrap().contains("设置群发规则"));
        assert!(finding.mend_en.unwrap().contains("设置群发规则"));
    }
}
