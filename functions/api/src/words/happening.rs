//! What happened, as the headline of a timeline entry.

use domain::{Happening, Signal, signal::SideName};

use super::Words;

impl Words<'_> {
    /// The headline of a signal.
    pub(crate) fn happening(&self, signal: &Signal) -> String {
        let who = self.actor(&signal.by);
        match &signal.what {
            Happening::ContactAdded { staff, half: false, .. } => format!("客户添加了{}", self.staff(staff)),
            Happening::ContactAdded { staff, half: true, .. } => {
                format!("客户申请添加{}，等待通过", self.staff(staff))
            }
            Happening::ContactEdited { staff } => format!("{}在手机上修改了客户资料", self.staff(staff)),
            Happening::Compared { .. } => "对账发现与企业微信不一致".to_owned(),
            Happening::ContactRemoved { staff, side: SideName::Staff, by_transfer: true } => {
                format!("{}的客户已转交同事", self.staff(staff))
            }
            Happening::ContactRemoved { staff, side: SideName::Staff, by_transfer: false } => {
                format!("{}删除了客户", self.staff(staff))
            }
            Happening::ContactRemoved { staff, side: SideName::Customer, .. } => {
                format!("客户删除了{}", self.staff(staff))
            }
            Happening::Fetched { .. } => "已读取企业微信中的客户资料".to_owned(),
            // The words of people are not kept.
            Happening::MessageReceived { staff, .. } => format!("客户给{}发来消息", self.staff(staff)),
            Happening::MessageSent { staff } => format!("{}给客户发了消息", self.staff(staff)),
            Happening::StageMoved { board, stage, reason, .. } => {
                let board_name = self.board(board);
                let moved = match stage {
                    Some(stage) => {
                        format!("{who}把商机移到「{}」（{board_name}）", self.stage(board, stage))
                    }
                    None => format!("{who}把商机移出看板「{board_name}」"),
                };
                with_note(moved, reason.as_deref())
            }
            Happening::OwnerAssigned { staff: Some(staff) } => {
                format!("{who}指定{}为归属成员", self.staff(staff))
            }
            Happening::OwnerAssigned { staff: None } => format!("{who}取消指定归属成员"),
            Happening::AttributesSet { .. } => format!("{who}更新了客户属性"),
            Happening::BoardChanged { board } => format!("看板「{}」有变动", self.board(board)),
            Happening::GroupMirrored { group } => {
                format!("{who}将标签组「{}」同步给所有好友成员", self.tag_group(group))
            }
            Happening::TagsEdited { add, remove, .. } => {
                let part = |verb: &str, tags: String| (!tags.is_empty()).then(|| format!("{verb}{tags}"));
                let parts = [part("加上", self.tags(add)), part("去掉", self.tags(remove))];
                let parts: Vec<String> = parts.into_iter().flatten().collect();
                format!("{who}修改标签：{}", parts.join("，"))
            }
            Happening::Woken => "到达计划时间".to_owned(),
            Happening::TaskDone { touch, .. } => {
                format!("{who}完成了「{}」", self.step(&touch.sop, &touch.step))
            }
            Happening::TaskSkipped { touch, note } => {
                let skipped = format!("{who}跳过了「{}」", self.step(&touch.sop, &touch.step));
                with_note(skipped, note.as_deref())
            }
            Happening::ContentSent { staff, content, .. } => {
                format!("{}给客户发送了《{}》", self.staff(staff), self.content(&content.content))
            }
            Happening::LinkOpened { content, .. } => {
                format!("客户打开了《{}》中的链接", self.content(&content.content))
            }
            Happening::Performed { .. } => "企业微信返回了执行结果".to_owned(),
            Happening::Undo { .. } => format!("{who}撤销了一次变更"),
        }
    }
}

pub(super) fn with_note(sentence: String, note: Option<&str>) -> String {
    match note.map(str::trim).filter(|note| !note.is_empty()) {
        Some(note) => format!("{sentence}：{note}"),
        None => sentence,
    }
}
