//! Reasons, as they stand behind a colon.

use domain::{
    fact::{AttributeRefusal, EntryRefusal, IgnoreReason, MoveRefusal, StopReason, TagRefusal, UndoRefusal},
    file::{Evidence, ExitReason, MissReason, Route, SkipReason},
};
use store::JobTrouble;

pub(super) const fn exit(reason: ExitReason) -> &'static str {
    match reason {
        ExitReason::LeftStage => "离开阶段",
        ExitReason::LeftAudience => "不再符合适用人群",
        ExitReason::When => "满足退出条件",
        ExitReason::OnReply => "客户已回复",
        ExitReason::NoRelation => "已没有好友关系",
        ExitReason::Undone => "进入被撤销",
        ExitReason::Completed => "全部节点已走完",
        ExitReason::SopGone => "SOP 或其版本已不存在",
    }
}

pub(super) const fn miss(reason: MissReason) -> &'static str {
    match reason {
        MissReason::Expired => "已过时限",
        MissReason::Superseded => "下一个节点已到期",
    }
}

pub(super) const fn skip(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::ByStaff => "员工决定不发",
        SkipReason::Condition => "不满足节点条件",
        SkipReason::UnknownReply => "无法得知客户是否回复",
        SkipReason::LateStart => "进入时已过节点时间",
        SkipReason::TooLate => "超过企业微信的 20 秒",
        SkipReason::NoCode => "没有可用的欢迎语凭证",
        SkipReason::AlreadyChatting => "双方已开始聊天",
        SkipReason::StepGone => "节点已不在该版本中",
        SkipReason::AlreadyHad => "客户已收到过相同内容",
        SkipReason::ContentGone => "内容未发布或版本已不存在",
    }
}

pub(super) const fn evidence(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::WecomResult => "企业微信确认",
        Evidence::SdkCallback => "员工侧边栏发送",
        Evidence::StaffMarked => "员工标记",
    }
}

pub(super) const fn route(route: Route) -> &'static str {
    match route {
        Route::Welcome => "欢迎语",
        Route::Task => "SOP 待办",
        Route::Manual => "员工自选",
    }
}

pub(super) const fn tag(reason: TagRefusal) -> &'static str {
    match reason {
        TagRefusal::TooMany => "该客户的标签已达上限",
        TagRefusal::Deleted => "标签已在企业微信中删除",
    }
}

pub(super) const fn attribute(reason: AttributeRefusal) -> &'static str {
    match reason {
        AttributeRefusal::TooMany => "该客户的属性已达上限",
        AttributeRefusal::Stale => "已有更新的值",
    }
}

pub(super) const fn rule_move(reason: MoveRefusal) -> &'static str {
    match reason {
        MoveRefusal::Backward => "规则只向后面的阶段推进",
        MoveRefusal::Closed => "已结束的商机不由规则移动",
    }
}

pub(super) const fn stop(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Loop => "同一件事中已执行过一次",
        StopReason::TooDeep => "规则连锁过深",
    }
}

pub(super) const fn entry(reason: EntryRefusal) -> &'static str {
    match reason {
        EntryRefusal::TooMany => "同时进行的 SOP 已达上限",
    }
}

pub(super) const fn ignored(reason: IgnoreReason) -> &'static str {
    match reason {
        IgnoreReason::Stale => "已有更新的变化",
        IgnoreReason::NoRelation => "没有这段好友关系",
        IgnoreReason::UnknownStage => "看板或阶段已不存在",
        IgnoreReason::CardChanged => "商机已被他人移动",
        IgnoreReason::NotAFriend => "该成员不是客户的好友",
    }
}

pub(super) const fn undo(reason: UndoRefusal) -> &'static str {
    match reason {
        UndoRefusal::ChangedSince => "之后又有变化",
        UndoRefusal::AlreadySent => "已有内容发出",
        UndoRefusal::TooOld => "已超过 24 小时",
        UndoRefusal::Nothing => "没有可以撤销的内容",
    }
}

pub(super) const fn trouble(reason: JobTrouble) -> &'static str {
    match reason {
        JobTrouble::NotFound => "客户不存在，或不在可见范围内",
        JobTrouble::Busy => "系统繁忙",
        JobTrouble::Broken => "系统出错，请联系管理员",
        JobTrouble::TagsDeleted => "所选标签已在企业微信中删除",
        JobTrouble::BoardDeleted => "看板已不存在",
        JobTrouble::StageDeleted => "目标阶段已不存在",
        JobTrouble::GroupDeleted => "标签组已在企业微信中删除",
        JobTrouble::CreatorLeft => "创建任务的成员已离职",
        JobTrouble::WecomRefuses => "企业微信拒绝读取客户，请检查应用的客户联系权限",
        JobTrouble::TokenRevoked => "创建任务所用的访问令牌已撤销或过期",
    }
}
