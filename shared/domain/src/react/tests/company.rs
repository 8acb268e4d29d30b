//! A small company: its tags, its board, its rule, its SOPs, its staff.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    BoardId, Playbook, TagId, Timestamp,
    playbook::{Board, Rule, Sop, SopHeader, Staff, Tag, TagGroup, TagTree},
    sop::{SopVersion, compile},
};

/// Local time of the corp, without its zone.
pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(&format!("{text}:00+08:00")).unwrap()
}

/// Tags 新客, 考虑价格, 已成交 as the stages of a board; two more; a keyword rule; an SOP for new friends and one for
/// each open stage; Anna and Ben.
pub(super) fn playbook() -> Playbook {
    let mut book = Playbook { stamp: 1, ..Playbook::default() };
    let stages = [("new", "新客"), ("price", "考虑价格"), ("deal", "已成交")];
    book.tags = TagTree::new([
        group("g1", "客户状态", &stages),
        group("g2", "兴趣", &[("vip", "VIP"), ("car", "SUV"), ("hot", "热")]),
    ]);
    let board = json!({"id": "sales", "name": "销售", "tag_group": "g1", "stages": [
        {"id": "new", "name": "新客", "tag": "new"},
        {"id": "price", "name": "考虑价格", "tag": "price"},
        {"id": "deal", "name": "已成交", "tag": "deal", "kind": "won"},
    ]});
    let board: Board = serde_json::from_value(board).unwrap();
    book.boards.insert(BoardId::from("sales"), board);
    for (userid, name) in [("anna", "安娜"), ("ben", "本")] {
        let staff = Staff::named(userid.into(), name);
        book.staff.insert(userid.into(), staff);
    }
    rule(
        &mut book,
        json!({"id": "ask-price", "name": "问价", "when": {"message_contains": {"any": ["多少钱"]}},
        "then": [{"add_tag": "客户状态/考虑价格"}]}),
    );
    publish(
        &mut book,
        &json!({"id": "hello", "name": "欢迎", "anchor": {"kind": "friend_add"},
            "exit": {"when": {"tag": "已成交"}}, "steps": [
            {"id": "w", "at": {"after_minutes": 0}, "method": "welcome", "content": {"text": "你好 {{customer.name|您}}"}},
            {"id": "d1", "at": {"day": 1, "time": "09:00"}, "method": "task", "content": {"text": "产品手册"}},
            {"id": "d3", "at": {"day": 3, "time": "10:00"}, "method": "todo", "content": {"text": "电话"}},
        ]}),
    );
    publish(
        &mut book,
        &json!({"id": "care", "name": "新客关怀", "anchor": {"kind": "stage_entry", "stage": "销售/新客"},
            "steps": [
            {"id": "c1", "at": {"after_minutes": 30}, "method": "task", "content": {"text": "介绍"}},
            {"id": "c2", "at": {"day": 2, "time": "15:00"}, "method": "task", "content": {"text": "案例"}},
        ]}),
    );
    publish(
        &mut book,
        &json!({"id": "offer", "name": "报价跟进",
            "anchor": {"kind": "stage_entry", "stage": "sales/price"}, "steps": [
            {"id": "o1", "at": {"after_minutes": 0}, "method": "task", "content": {"text": "报价单"}},
            {"id": "o2", "at": {"day": 1, "time": "10:00", "until": "18:00"}, "method": "task",
                "content": {"text": "优惠"}, "when": {"not": {"tag": "VIP"}}},
            {"id": "o3", "at": {"day": 3, "time": "10:00"}, "method": "todo", "content": {"text": "回访"}},
        ]}),
    );
    book
}

fn group(id: &str, name: &str, tags: &[(&str, &str)]) -> TagGroup {
    let tag = |(id, name): &(&str, &str)| Tag {
        id: (*id).into(),
        name: (*name).into(),
        order: 0,
        deleted: false,
        editable: None,
    };
    let tags = tags.iter().map(tag).collect();
    TagGroup {
        id: id.into(),
        name: name.into(),
        order: 0,
        ours: true,
        deleted: false,
        editable: None,
        mirrored: false,
        tags,
    }
}

/// Adds a rule as somebody would write it.
pub(super) fn rule(book: &mut Playbook, rule: Value) {
    let rule: Rule = serde_json::from_value(rule).unwrap();
    let rule = book.resolve_rule(rule).unwrap();
    book.rules.push(rule);
}

/// Publishes a document as somebody would write it.
pub(super) fn publish(book: &mut Playbook, document: &Value) {
    let document = compile(document, book).unwrap();
    let published_at = at("2026-01-01T00:00");
    let header = SopHeader {
        id: document.id.clone(),
        published: Some(1),
        first_published_at: Some(published_at),
        enabled: true,
    };
    let version = Arc::new(SopVersion { version: 1, published_at, document });
    book.sops.insert(header.id.clone(), Sop { header, versions: [(1, version)].into() });
}

/// Deletes a tag in WeCom: it stays in the tree as a tombstone.
pub(super) fn delete_tag(book: &mut Playbook, id: &str) {
    let groups = book.tags.groups().cloned().map(|mut group| {
        for tag in group.tags.iter_mut().filter(|tag| tag.id == TagId::from(id)) {
            tag.deleted = true;
        }
        group
    });
    book.tags = TagTree::new(groups.collect::<Vec<_>>());
}
