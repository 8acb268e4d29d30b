//! What to say of licences and the visible range.

use std::collections::{BTreeMap, BTreeSet};

use domain::StaffId;

use super::{
    super::{
        finding::{Check, Finding, Words, listed, words},
        plan::{NoPlan, Plan},
        trouble::{NOT_ADMITTED, Trouble},
    },
    Directory, Standing,
};

pub(in crate::doctor) fn customer_contact(licensed: &Result<BTreeSet<StaffId>, Trouble>) -> Finding {
    let check = Check::CustomerContact;
    match licensed {
        Ok(members) if members.is_empty() => Finding::problem(
            check,
            words(
                "应用可以调用客户联系接口，但可见范围里没有一个成员开通了客户联系",
                "The app may call customer contact, but nobody in its visible range is licensed for it",
            ),
            words(
                format!("{}；并确认这些成员在应用的可见范围里", licence().zh),
                format!("{}; and see that these members are in the app's visible range", licence().en),
            ),
        ),
        Ok(members) => {
            let n = members.len();
            Finding::ok(
                check,
                words(
                    format!("应用可以调用客户联系接口，能看到 {n} 名开通了客户联系的成员"),
                    format!("The app may call customer contact, and sees {n} licensed members"),
                ),
            )
            .detail(listed(members))
        }
        Err(trouble @ Trouble::Refused { code: NOT_ADMITTED, .. }) => {
            let finding = Finding::problem(
                check,
                words(
                    "应用还不能调用客户联系接口（48002）",
                    "The app may not call the APIs of customer contact (48002)",
                ),
                words(
                    "管理后台 → 客户与上下游 → 客户联系 → 客户 → API → 可调用接口的应用，勾选这个自建应用",
                    "Tick the app in the admin console: 客户与上下游 → 客户联系 → 客户 → API → 可调用接口的应用",
                ),
            );
            Finding { detail: trouble.detail(), ..finding }
        }
        Err(trouble) => trouble.finding(check),
    }
}

fn licence() -> Words {
    words(
        "管理后台 → 客户与上下游 → 客户联系 → 权限配置，把成员加进使用范围",
        "Add the members in the admin console: 客户与上下游 → 客户联系 → 权限配置 → 使用范围",
    )
}

/// `missing`: those of the plan's staff who are not licensed.
pub(in crate::doctor) fn staff_licences(
    plan: &Result<Plan, NoPlan>,
    licensed: &Result<BTreeSet<StaffId>, Trouble>,
    missing: &BTreeMap<StaffId, Standing>,
) -> Finding {
    let check = Check::StaffLicences;
    let plan = match (plan, licensed) {
        (Err(no), _) => return Finding::unknown(check, no.why.clone(), no.mend.clone()),
        (_, Err(trouble)) => return trouble.finding(check),
        (Ok(plan), Ok(_)) => plan,
    };
    let (all, n) = (plan.staff.len(), missing.len());
    if all == 0 {
        return Finding::ok(check, words("Stepwise 里还没有登记成员", "Stepwise has no staff entered yet"));
    }
    if n == 0 {
        return Finding::ok(
            check,
            words(
                format!("Stepwise 里的 {all} 名成员都开通了客户联系"),
                format!("All {all} staff members of Stepwise are licensed for customer contact"),
            ),
        );
    }
    let found = words(
        format!(
            "Stepwise 里的 {all} 名成员，有 {n} 名不能服务客户：{}",
            by_standing(missing, Standing::zh, "；")
        ),
        format!(
            "{n} of {all} staff members cannot have customers: {}",
            by_standing(missing, Standing::en, "; ")
        ),
    );
    let mend = mend_of(missing);
    // Whoever has left may well be among them; without anybody, nothing works.
    let finding = if n == all { Finding::problem } else { Finding::warning };
    finding(check, found, mend).detail(listed(missing.keys()))
}

fn by_standing(
    missing: &BTreeMap<StaffId, Standing>,
    name: impl Fn(Standing) -> &'static str,
    between: &str,
) -> String {
    let mut groups: BTreeMap<Standing, Vec<&StaffId>> = BTreeMap::new();
    for (member, standing) in missing {
        groups.entry(*standing).or_default().push(member);
    }
    let groups =
        groups.into_iter().map(|(standing, members)| format!("{}{}", name(standing), listed(members)));
    groups.collect::<Vec<_>>().join(between)
}

impl Standing {
    const fn zh(self) -> &'static str {
        match self {
            Self::NoLicence => "没有开通客户联系：",
            Self::OutOfSight => "应用看不到：",
            Self::Inactive => "还没激活企业微信：",
            Self::Disabled => "已被停用：",
            Self::Left => "已离职：",
            Self::Unclear => "没有查到原因：",
        }
    }

    const fn en(self) -> &'static str {
        match self {
            Self::NoLicence => "not licensed: ",
            Self::OutOfSight => "not seen by the app: ",
            Self::Inactive => "not activated: ",
            Self::Disabled => "switched off: ",
            Self::Left => "left: ",
            Self::Unclear => "for a reason not found out: ",
        }
    }

    fn mend(self) -> Words {
        match self {
            Self::NoLicence => licence(),
            Self::OutOfSight => words(
                "管理后台 → 应用管理 → 这个应用 → 可见范围，加上看不到的成员（userid 写错的在 Stepwise 里改）",
                "Add whom the app does not see to 可见范围 of the app (应用管理 → the app), or correct the userid in \
                 Stepwise",
            ),
            Self::Inactive => words(
                "请没激活的成员登录企业微信并完成激活",
                "Have those who are not activated sign in to WeCom",
            ),
            Self::Disabled => {
                words("被停用的成员在通讯录里启用", "Switch disabled members on in the directory")
            }
            Self::Left => words(
                "离职成员的客户在 客户联系 → 离职继承 里交给同事",
                "Hand the customers of those who left to colleagues (客户联系 → 离职继承)",
            ),
            Self::Unclear => words(
                "没查到原因的，在管理后台核对权限配置和应用可见范围",
                "For the others compare 权限配置 and 可见范围 in the admin console",
            ),
        }
    }
}

/// A mend for each reason that there is.
fn mend_of(missing: &BTreeMap<StaffId, Standing>) -> Words {
    let standings: BTreeSet<Standing> = missing.values().copied().collect();
    let mends = standings.into_iter().map(Standing::mend);
    mends.reduce(|all, mend| all.and(&mend)).unwrap_or_else(licence)
}

/// `staff_known`: Stepwise knows who is to have customers, so that the others need no licence.
pub(in crate::doctor) fn visible_range(
    directory: &Result<Directory, Trouble>,
    licensed: &Result<BTreeSet<StaffId>, Trouble>,
    staff_known: bool,
) -> Finding {
    let check = Check::VisibleRange;
    let (seen, licensed) = match (directory, licensed) {
        (Err(trouble), _) | (_, Err(trouble)) => return trouble.finding(check),
        (Ok(seen), Ok(licensed)) => (seen, licensed),
    };
    let mut detail = format!("{} departments, {} members", seen.departments, seen.members.len());
    if seen.unread > 0 {
        detail = format!("{detail}; members of {} departments not read", seen.unread);
    }
    if seen.members.is_empty() {
        let found = words(
            "接口没有列出任何成员：可见范围里没有部门，或部门里没有人",
            "No members are listed: no department is in the visible range, or nobody in one",
        );
        let mend = words(
            "单独加进可见范围的成员接口不会列出，请在 管理后台 → 应用管理 → 这个应用 → 可见范围 核对，建议按部门选",
            "Members chosen one by one are not listed: compare 可见范围 of the app (应用管理 → the app); choosing \
             departments is easier to keep right",
        );
        return Finding::unknown(check, found, mend).detail(detail);
    }
    let without: Vec<&StaffId> = seen.members.difference(licensed).collect();
    let n = without.len();
    if n == 0 {
        let found = words(
            "应用看得到的成员都开通了客户联系",
            "Every member that the app sees is licensed for customer contact",
        );
        return Finding::ok(check, found).detail(detail);
    }
    let names = listed(without);
    let found = words(
        format!("应用看得到、但没有开通客户联系的成员有 {n} 名：{names}"),
        format!("{n} members that the app sees are not licensed for customer contact: {names}"),
    );
    if staff_known {
        return Finding::ok(check, found).detail(detail);
    }
    let mend = words(
        format!("其中有要服务客户的：{}；都不服务客户就不用管", licence().zh),
        format!("If some of them are to have customers: {}; otherwise nothing", licence().en),
    );
    Finding::warning(check, found, mend).detail(detail)
}

#[cfg(test)]
mod tests;
