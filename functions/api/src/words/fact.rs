//! What followed, one sentence for each fact.

use domain::{
    BoardId, Method, SopId, StageId, StepId, What,
    file::{Outcome, TagDifference},
    signal::SideName,
};

use super::{Words, happening::with_note, reason};

impl Words<'_> {
    /// The sentence of a fact.
    pub(crate) fn fact(&self, what: &What) -> String {
        match what {
            What::CaughtUp => "按看板、标签与企业微信的现状补齐".to_owned(),
            What::RelationOpened { staff, again: true, .. } => format!("与{}重新成为好友", self.staff(staff)),
            What::RelationOpened { staff, first: true, .. } => {
                format!("与{}成为好友（首次添加企业成员）", self.staff(staff))
            }
            What::RelationOpened { staff, .. } => format!("与{}成为好友", self.staff(staff)),
            What::RelationHalfOpened { staff } => format!("已申请添加{}，对方尚未通过", self.staff(staff)),
            What::RelationClosed { staff, side: SideName::Staff } => {
                format!("{}删除了客户，好友关系结束", self.staff(staff))
            }
            What::RelationClosed { staff, side: SideName::Customer } => {
                format!("客户删除了{}，好友关系结束", self.staff(staff))
            }
            What::OwnerChanged { from, to } => {
                let name = |staff: &Option<_>| staff.as_ref().map_or("无".to_owned(), |id| self.staff(id));
                format!("归属成员：{} → {}", name(from), name(to))
            }
            What::OwnerAssigned { to: Some(to), .. } => format!("指定{}为归属成员", self.staff(to)),
            What::OwnerAssigned { to: None, .. } => "不再指定归属成员".to_owned(),
            What::AttributeChanged { name } => format!("更新属性「{name}」"),
            What::AttributeRefused { name, reason } => {
                format!("未更新属性「{name}」：{}", reason::attribute(*reason))
            }
            What::ProfileChanged => "客户资料已更新".to_owned(),
            What::Tagged { tag, expires_at: Some(at), .. } => {
                format!("加上标签「{}」，{}到期", self.tag(tag), self.time(*at))
            }
            What::Tagged { tag, .. } => format!("加上标签「{}」", self.tag(tag)),
            What::TagExpired { tag } => format!("标签「{}」已到期", self.tag(tag)),
            What::TagExpiryChanged { tag, to: Some(to), .. } => {
                format!("标签「{}」改为{}到期", self.tag(tag), self.time(*to))
            }
            What::TagExpiryChanged { tag, to: None, .. } => {
                format!("标签「{}」改为长期有效", self.tag(tag))
            }
            What::GroupMirrored { group } => {
                format!("标签组「{}」将同步给所有好友成员", self.tag_group(group))
            }
            What::Untagged { tag, .. } => format!("去掉标签「{}」", self.tag(tag)),
            What::TagRefused { tag, reason } => {
                format!("未加标签「{}」：{}", self.tag(tag), reason::tag(*reason))
            }
            What::Moved { board, from, to, hidden, .. } => {
                let suffix = if *hidden { "；没有好友关系，不在看板上显示" } else { "" };
                format!("{}{suffix}", self.moved(board, from.as_ref(), to.as_ref()))
            }
            What::MoveRefused { board, from, to, reason } => {
                let now = from.as_ref().map_or("看板外".to_owned(), |stage| self.stage(board, stage));
                let to = to.as_ref().map_or("看板外".to_owned(), |stage| self.stage(board, stage));
                format!("不移动到「{to}」：客户已在“{now}”，{}", reason::rule_move(*reason))
            }
            What::StageConflict { board, staff, lost, won } => {
                let (lost, won) = (self.stage(board, lost), self.stage(board, won));
                format!("{}标记的阶段「{lost}」未采用：以「{won}」为准", self.staff(staff))
            }
            What::CardHidden { board, stage } => {
                format!("商机不再显示：{}（{}），已没有好友关系", self.stage(board, stage), self.board(board))
            }
            What::CardShown { board, stage } => {
                format!("商机重新显示：{}（{}）", self.stage(board, stage), self.board(board))
            }
            What::RuleFired { rule, word: Some(word) } => format!("规则「{}」命中“{word}”", self.rule(rule)),
            What::RuleFired { rule, word: None } => format!("规则「{}」执行", self.rule(rule)),
            What::RulesStopped { rule, reason } => {
                format!("规则「{}」未再执行：{}", self.rule(rule), reason::stop(*reason))
            }
            What::Enrolled { sop, n, .. } => format!("进入 SOP「{}」第 {n} 次", self.sop(sop)),
            What::EntryRefused { sop, reason } => {
                format!("未进入 SOP「{}」：{}", self.sop(sop), reason::entry(*reason))
            }
            What::Exited { sop, reason, .. } => {
                format!("退出 SOP「{}」：{}", self.sop(sop), reason::exit(*reason))
            }
            What::Completed { sop, .. } => format!("走完 SOP「{}」", self.sop(sop)),
            What::Resumed { sop, .. } => format!("继续 SOP「{}」", self.sop(sop)),
            What::Planned { sop, step, due_at, .. } => {
                format!("计划节点「{}」：{}", self.step(sop, step), self.time(*due_at))
            }
            What::Offered { sop, step, method: Method::Welcome, .. } => {
                format!("发送欢迎语「{}」", self.step(sop, step))
            }
            What::Offered { sop, step, staff, method: Method::Task | Method::Todo, .. } => {
                format!("已提醒{}跟进「{}」", self.staff(staff), self.step(sop, step))
            }
            What::Reassigned { sop, step, from, to, .. } => {
                let step = self.step(sop, step);
                format!("「{step}」由{}转给{}跟进", self.staff(from), self.staff(to))
            }
            What::Ended { sop, step, outcome, .. } => self.ended(sop, step, outcome),
            What::Exposed { content, route, again, partly, .. } => {
                let again = match (partly, again) {
                    (true, _) => "，有附件未带上",
                    (false, true) => "，此前已收到过",
                    (false, false) => "",
                };
                format!("收到内容《{}》（{}{again}）", self.content(&content.content), reason::route(*route))
            }
            What::Spared { content, had_at, .. } => {
                format!("未重复发送《{}》：{}已收到过", self.content(&content.content), self.time(*had_at))
            }
            What::LinkOpened { content, .. } => {
                format!("打开了《{}》中的链接", self.content(&content.content))
            }
            What::PartsLeftOut { parts, .. } => format!("欢迎语中有 {parts} 个附件未就绪，未能带上"),
            What::Reopened { sop, step, .. } => format!("节点「{}」重新开放", self.step(sop, step)),
            What::Marked { staff, tags } => {
                format!("已同步标签到{}的企业微信：{}", self.staff(staff), self.difference(tags))
            }
            What::MarkHeld { staff, code } => {
                format!("标签未能同步到{}的企业微信：被拒绝（{code}）", self.staff(staff))
            }
            What::MessageReceived { staff } => format!("客户给{}发来消息", self.staff(staff)),
            What::MessageSent { staff } => format!("{}给客户发了消息", self.staff(staff)),
            What::Ignored { reason } => format!("未生效：{}", reason::ignored(*reason)),
            What::Undone { .. } => "已撤销之前的变更".to_owned(),
            What::UndoRefused { reason, .. } => format!("未撤销：{}", reason::undo(*reason)),
            What::TaskNotOpen { touch } => {
                format!("「{}」已不在待办中，未作更改", self.step(&touch.sop, &touch.step))
            }
        }
    }

    fn moved(&self, board: &BoardId, from: Option<&StageId>, to: Option<&StageId>) -> String {
        let name = self.board(board);
        let stage = |id: &StageId| self.stage(board, id);
        match (from, to) {
            (Some(from), Some(to)) => format!("商机阶段：{} → {}（{name}）", stage(from), stage(to)),
            (None, Some(to)) => format!("进入商机阶段：{}（{name}）", stage(to)),
            (Some(from), None) => format!("移出看板：{}（{name}）", stage(from)),
            (None, None) => format!("商机无变化（{name}）"),
        }
    }

    fn ended(&self, sop: &SopId, step: &StepId, outcome: &Outcome) -> String {
        let title = self.step(sop, step);
        match outcome {
            Outcome::Sent { evidence } => format!("节点「{title}」已发送（{}）", reason::evidence(*evidence)),
            Outcome::Missed { reason } => format!("节点「{title}」未发送：{}", reason::miss(*reason)),
            Outcome::Skipped { reason, note } => {
                with_note(format!("节点「{title}」已跳过：{}", reason::skip(*reason)), note.as_deref())
            }
            Outcome::Failed { code } => format!("节点「{title}」发送失败：企业微信拒绝（{code}）"),
            Outcome::Cancelled { reason } => format!("节点「{title}」已取消：{}", reason::exit(*reason)),
        }
    }

    fn difference(&self, tags: &TagDifference) -> String {
        let part = |verb: &str, tags: String| (!tags.is_empty()).then(|| format!("{verb}{tags}"));
        let parts = [part("加上", self.tags(&tags.add)), part("去掉", self.tags(&tags.remove))];
        parts.into_iter().flatten().collect::<Vec<_>>().join("，")
    }
}
