//! What a job does, and to whom, in a sentence.

use std::collections::BTreeSet;

use domain::StaffId;
use store::{JobKind, Source};

use super::Words;

impl Words<'_> {
    /// What a job does.
    pub(crate) fn job(&self, what: &JobKind) -> String {
        match what {
            JobKind::EditTags { add, remove, expires_at } => {
                let on = (!add.is_empty()).then(|| format!("加上标签{}", self.tags(add)));
                let until = expires_at.filter(|_| !add.is_empty());
                let until = until.map(|at| format!("（{}到期）", self.time(at))).unwrap_or_default();
                let off = (!remove.is_empty()).then(|| format!("去掉标签{}", self.tags(remove)));
                let on = on.map(|on| format!("{on}{until}"));
                [on, off].into_iter().flatten().collect::<Vec<_>>().join("，")
            }
            JobKind::MoveStage { board, stage: Some(to), only_from: None } => {
                format!("移到「{}」（{}）", self.stage(board, to), self.board(board))
            }
            JobKind::MoveStage { board, stage: Some(to), only_from: Some(from) } => {
                let (from, to) = (self.stage(board, from), self.stage(board, to));
                format!("从「{from}」移到「{to}」（{}）", self.board(board))
            }
            JobKind::MoveStage { board, stage: None, .. } => format!("移出看板「{}」", self.board(board)),
            JobKind::Undo { .. } => "撤销之前的批量任务".to_owned(),
            JobKind::Mirror { group } => format!("标签组「{}」同步给所有好友成员", self.tag_group(group)),
            JobKind::Board { board } => format!("更新看板「{}」的商机", self.board(board)),
            JobKind::PutStageTag { board, stage } => {
                format!("重建标签：{}（{}）", self.stage(board, stage), self.board(board))
            }
            JobKind::Import { staff } => format!("导入{}的客户", self.members(staff.as_ref())),
            JobKind::Reconcile { staff } => format!("与企业微信核对{}的客户", self.members(staff.as_ref())),
        }
    }

    /// To whom, where the job finds them itself.
    pub(crate) fn source(&self, source: &Source) -> String {
        match source {
            Source::Tag(tag) => format!("有标签「{}」的客户", self.tag(tag)),
            Source::Stage { board, stage } => {
                format!("在「{}」（{}）的客户", self.stage(board, stage), self.board(board))
            }
            Source::Board(board) => format!("看板「{}」的客户", self.board(board)),
            Source::Group(group) => format!("有标签组「{}」中标签的客户", self.tag_group(group)),
            Source::Changed(_) => "该任务改动过的客户".to_owned(),
        }
    }

    fn members(&self, staff: Option<&BTreeSet<StaffId>>) -> String {
        let name = |staff: &BTreeSet<StaffId>| {
            let names: Vec<String> = staff.iter().map(|one| self.staff(one)).collect();
            names.join("、")
        };
        staff.map_or_else(|| "所有成员".to_owned(), name)
    }
}
