//! Tag groups of boards, tags of stages, and the room that is left.

use std::collections::BTreeSet;

use wecom::tag::{TagGroup, TagQuery};

use super::{
    finding::{Check, Finding, listed, words},
    plan::{BoundBoard, NoPlan, Plan},
    trouble::Trouble,
};
use crate::{App, Lane};

/// A corp has at most so many tags.
const MOST_TAGS: usize = 10_000;
/// From here on somebody should tidy up.
const MANY_TAGS: usize = 9_000;

impl App {
    /// All corp tags.
    pub(super) async fn corp_tags(&self) -> Result<Vec<TagGroup>, Trouble> {
        let list = self.call(Lane::Interactive, |wecom, token| async move {
            wecom.list_corp_tags(&token, TagQuery::All).await
        });
        Ok(list.await?)
    }
}

/// Groups and stage tags, in this order.
pub(super) fn bound(plan: &Result<Plan, NoPlan>, tags: &Result<Vec<TagGroup>, Trouble>) -> [Finding; 2] {
    let both = |finding: &dyn Fn(Check) -> Finding| [finding(Check::TagGroups), finding(Check::StageTags)];
    match (plan, tags) {
        (Err(no), _) => both(&|check| Finding::unknown(check, no.why.clone(), no.mend.clone())),
        (_, Err(trouble)) => both(&|check| trouble.finding(check)),
        (Ok(plan), Ok(_)) if plan.boards.is_empty() => both(&|check| {
            Finding::ok(
                check,
                words("还没有看板，没有要核对的标签", "There is no board yet, so no tag is needed"),
            )
        }),
        (Ok(plan), Ok(tags)) => [groups(&plan.boards, tags), stages(&plan.boards, tags)],
    }
}

fn groups(boards: &[BoundBoard], tags: &[TagGroup]) -> Finding {
    let check = Check::TagGroups;
    let known = |board: &&BoundBoard| tags.iter().any(|group| group.group_id == board.group.as_str());
    let (there, gone): (Vec<_>, Vec<_>) = boards.iter().partition(known);
    if gone.is_empty() {
        let n = there.len();
        let names = listed(there.iter().map(|board| format!("{} = {}", board.name, board.group_name)));
        let found = words(
            format!("{n} 个看板绑定的标签组都在企业微信里"),
            format!("The tag groups of all {n} boards are in WeCom"),
        );
        return Finding::ok(check, found).detail(names);
    }
    let names = listed(gone.iter().map(|board| format!("{} = {}", board.name, board.group_name)));
    Finding::problem(
        check,
        words(
            format!("看板绑定的标签组已不在企业微信里：{names}"),
            format!("Tag groups of boards are no longer in WeCom: {names}"),
        ),
        anew(),
    )
}

fn stages(boards: &[BoundBoard], tags: &[TagGroup]) -> Finding {
    let check = Check::StageTags;
    let live: BTreeSet<&str> = tags
        .iter()
        .flat_map(|group| &group.tags)
        .filter(|tag| !tag.deleted)
        .map(|tag| tag.id.as_str())
        .collect();
    let all = || boards.iter().flat_map(|board| board.stages.iter().map(move |stage| (board, stage)));
    let gone: Vec<String> = all()
        .filter(|(_, stage)| !stage.tag.as_ref().is_some_and(|tag| live.contains(tag.as_str())))
        .map(|(board, stage)| format!("{}/{}", board.name, stage.name))
        .collect();
    if gone.is_empty() {
        let n = all().count();
        return Finding::ok(
            check,
            words(
                format!("{n} 个阶段的标签都在企业微信里"),
                format!("The tags of all {n} stages are in WeCom"),
            ),
        );
    }
    let names = listed(gone);
    Finding::problem(
        check,
        words(
            format!("有的阶段在企业微信里没有标签了，成员手机上看不到：{names}"),
            format!("Stages have no tag in WeCom any more, so that phones do not show them: {names}"),
        ),
        anew(),
    )
}

/// A deleted tag never comes back under its id, and a board is not bound anew.
fn anew() -> super::finding::Words {
    words(
        "删掉的标签找不回原来的编号，看板也还不能改绑：换一个标签组新建看板（PUT /api/v1/boards/{id}），并请管理员不要在后台删除看板用的标签",
        "A deleted tag does not come back with its id, and a board cannot be bound anew yet: make a new board on another \
         tag group (PUT /api/v1/boards/{id}), and have nobody delete tags of boards in the admin console",
    )
}

pub(super) fn count(tags: &Result<Vec<TagGroup>, Trouble>) -> Finding {
    let check = Check::TagCount;
    let n: usize = match tags {
        Ok(tags) => tags.iter().map(|group| group.tags.len()).sum(),
        Err(trouble) => return trouble.finding(check),
    };
    let found =
        words(format!("企业标签 {n} 个，上限 {MOST_TAGS}"), format!("{n} corp tags of at most {MOST_TAGS}"));
    let tidy = words(
        "在 管理后台 → 客户与上下游 → 客户联系 → 客户标签 清理不用的标签（看板用的不要删）",
        "Remove tags that nobody uses in the admin console (客户与上下游 → 客户联系 → 客户标签), except those of boards",
    );
    match n {
        0..MANY_TAGS => Finding::ok(check, found),
        MANY_TAGS..MOST_TAGS => Finding::warning(check, found, tidy),
        _ => Finding::problem(check, found, tidy),
    }
}

/// WeCom does not tell who made a tag; the playbook knows which groups Stepwise made.
pub(super) fn rights(plan: &Result<Plan, NoPlan>) -> Finding {
    let check = Check::TagRights;
    let mend = words(
        "不影响打标签。要改名或删除这些标签，请在管理后台操作；Stepwise 会从回调里得知",
        "Putting them on customers works all the same. Rename or delete them in the admin console; Stepwise hears of it",
    );
    let boards = match plan {
        Ok(plan) => &plan.boards,
        Err(_) => {
            return Finding::unknown(
                check,
                words(
                    "企业微信不告诉标签是谁建的；应用只能改名、删除它自己建的标签",
                    "WeCom does not tell who made a tag; an app renames and deletes only its own",
                ),
                mend,
            );
        }
    };
    let adopted: Vec<String> = boards
        .iter()
        .filter(|board| !board.ours)
        .map(|board| format!("{} = {}", board.name, board.group_name))
        .collect();
    if adopted.is_empty() {
        return Finding::ok(
            check,
            words(
                "看板用的标签组都是 Stepwise 建的，可以由它改名和删除（后台后来加进去的标签除外）",
                "Stepwise made all tag groups of boards and may rename and delete them (but for tags added in the admin \
                 console later)",
            ),
        );
    }
    let names = listed(adopted);
    Finding::unknown(
        check,
        words(
            format!(
                "有的看板用了原有的标签组，企业微信不告诉标签是谁建的；不是这个应用建的，应用不能改名和删除：{names}"
            ),
            format!(
                "Boards use tag groups that were there before. WeCom does not tell who made a tag, and the app renames \
                 and deletes only its own: {names}"
            ),
        ),
        mend,
    )
}

#[cfg(test)]
mod tests;
