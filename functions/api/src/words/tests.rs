use domain::{
    Actor, Fact, Happening, Playbook, Signal, Timestamp, What,
    playbook::{Board, Rule, Sop, SopHeader, Staff, TagGroup, TagTree},
    sop::SopVersion,
};
use serde_json::{Value, json};

use super::Words;

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// A car dealer's playbook.
fn book() -> Playbook {
    let board: Board = read(json!({"id": "cars", "name": "汽车销售", "tag_group": "g", "stages": [
        {"id": "know", "name": "了解产品", "tag": "et1"}, {"id": "price", "name": "考虑价格", "tag": "et2"},
        {"id": "order", "name": "下定", "tag": "et3", "kind": "won"}]}));
    let group: TagGroup =
        read(json!({"id": "g", "name": "客户状态", "tags": [{"id": "et2", "name": "考虑价格"}]}));
    let rule: Rule = read(json!({"id": "asks-price", "name": "价格关键词",
        "when": {"message_contains": {"any": ["多少钱"]}}, "then": [{"add_tag": "et2"}]}));
    let version: SopVersion = read(json!({"version": 1, "published_at": 0, "document": {
        "id": "price", "name": "价格跟进", "anchor": {"kind": "stage_entry", "stage": "cars/price"},
        "steps": [{"id": "offer", "title": "报价单", "at": {"after_minutes": 5}, "method": "task",
                   "content": {"text": "…"}},
                  {"id": "ask", "at": {"after_minutes": 9}, "method": "task",
                   "content": {"text": "{{customer.name|您好}}，还有什么可以帮您？\n第二行"}}]}}));
    let header: SopHeader = read(json!({"id": "price", "published": 1}));
    let sop = Sop { header, versions: [(1, version.into())].into() };
    let staff = Staff::named("zhangsan".into(), "张三");
    Playbook {
        tags: TagTree::new([group]),
        boards: [(board.id.clone(), board)].into(),
        rules: vec![rule],
        sops: [("price".into(), sop)].into(),
        staff: [(staff.userid.clone(), staff)].into(),
        ..Playbook::default()
    }
}

fn said(fact: Value) -> String {
    let fact: Fact = read(fact);
    Words::new(&book()).fact(&fact.what)
}

#[test]
fn facts_are_told_with_the_names_that_people_know() {
    let touch = json!({"sop": "price", "n": 1, "step": "offer"});
    let of = |kind: &str, more: Value| {
        let mut fact = touch.clone();
        fact.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fact["kind"] = json!(kind);
        fact
    };
    let nine = Timestamp::parse_rfc3339("2026-03-05T09:00:00+08:00").unwrap();
    for (fact, sentence) in [
        (
            json!({"kind": "rule_fired", "rule": "asks-price", "word": "多少钱"}),
            "规则「价格关键词」命中“多少钱”",
        ),
        (json!({"kind": "tagged", "tag": "et2"}), "加上标签「客户状态/考虑价格」"),
        (
            json!({"kind": "moved", "board": "cars", "from": "know", "to": "price", "rev": 3}),
            "商机阶段：了解产品 → 考虑价格（汽车销售）",
        ),
        (
            json!({"kind": "moved", "board": "cars", "from": null, "to": "know", "rev": 3}),
            "进入商机阶段：了解产品（汽车销售）",
        ),
        (
            json!({"kind": "move_refused", "board": "cars", "from": "order", "to": "price", "reason": "closed"}),
            "不移动到「考虑价格」：客户已在“下定”，已结束的商机不由规则移动",
        ),
        (
            json!({"kind": "exited", "sop": "price", "n": 1, "reason": "left_stage"}),
            "退出 SOP「价格跟进」：离开阶段",
        ),
        (
            json!({"kind": "enrolled", "sop": "price", "n": 1, "version": 1, "anchor_at": 0}),
            "进入 SOP「价格跟进」第 1 次",
        ),
        (of("planned", json!({"due_at": nine})), "计划节点「报价单」：3月5日 09:00"),
        (of("offered", json!({"staff": "zhangsan", "method": "task"})), "已提醒张三跟进「报价单」"),
        (
            of("ended", json!({"outcome": "sent", "evidence": "sdk_callback"})),
            "节点「报价单」已发送（员工侧边栏发送）",
        ),
        (of("ended", json!({"outcome": "missed", "reason": "expired"})), "节点「报价单」未发送：已过时限"),
        (
            of("ended", json!({"outcome": "skipped", "reason": "by_staff", "note": "已电话沟通"})),
            "节点「报价单」已跳过：员工决定不发：已电话沟通",
        ),
        (
            json!({"kind": "marked", "staff": "zhangsan", "tags": {"add": ["et2"], "remove": ["et9"]}}),
            "已同步标签到张三的企业微信：加上「客户状态/考虑价格」，去掉「et9」",
        ),
        (json!({"kind": "owner_changed", "from": null, "to": "zhangsan"}), "归属成员：无 → 张三"),
    ] {
        assert_eq!(said(fact.clone()), sentence, "{fact}");
    }
}

#[test]
fn what_the_playbook_does_not_know_is_told_by_its_id() {
    let words = |fact: Value| {
        let fact: Fact = read(fact);
        Words::new(&Playbook::default()).fact(&fact.what)
    };
    assert_eq!(words(json!({"kind": "completed", "sop": "gone", "n": 1})), "走完 SOP「gone」");
    assert_eq!(words(json!({"kind": "message_received", "staff": "lisi"})), "客户给lisi发来消息");
}

#[test]
fn a_step_without_a_title_is_called_by_its_text_and_never_by_a_variable() {
    let book = book();
    let step = |id: &str| Words::new(&book).step(&"price".into(), &id.into());
    assert_eq!(step("offer"), "报价单");
    assert_eq!(step("ask"), "您好，还有什么可以帮您？");
    assert_eq!(step("gone"), "gone");
}

/// One of each kind. That none is forgotten is the compiler's business; here none may be empty, doubled or misnamed.
#[test]
fn every_fact_has_words_of_its_own_and_its_serde_name() {
    let touch = |kind: &str| json!({"kind": kind, "sop": "price", "n": 1, "step": "offer"});
    let mut offered = touch("offered");
    offered["staff"] = json!("zhangsan");
    offered["method"] = json!("welcome");
    let mut planned = touch("planned");
    planned["due_at"] = json!(0);
    let mut reassigned = touch("reassigned");
    reassigned["from"] = json!("zhangsan");
    reassigned["to"] = json!("lisi");
    let mut ended = touch("ended");
    ended["outcome"] = json!("failed");
    ended["code"] = json!(40058);
    let at = |kind: &str| json!({"kind": kind, "board": "cars", "stage": "know"});
    let samples = [
        json!({"kind": "relation_opened", "staff": "zhangsan", "first": true, "again": false}),
        json!({"kind": "relation_half_opened", "staff": "zhangsan"}),
        json!({"kind": "relation_closed", "staff": "zhangsan", "side": "customer"}),
        json!({"kind": "owner_changed", "from": "zhangsan", "to": null}),
        json!({"kind": "owner_assigned", "to": "zhangsan", "before": null}),
        json!({"kind": "owner_assigned", "to": null, "before": "zhangsan"}),
        json!({"kind": "attribute_changed", "name": "amount"}),
        json!({"kind": "attribute_refused", "name": "amount", "reason": "stale"}),
        json!({"kind": "tagged", "tag": "et2", "expires_at": 1_772_672_400_000_i64}),
        json!({"kind": "tag_expired", "tag": "et2"}),
        json!({"kind": "tag_expiry_changed", "tag": "et2", "from": null, "to": 1_772_672_400_000_i64}),
        json!({"kind": "tag_expiry_changed", "tag": "et2", "from": 1_772_672_400_000_i64, "to": null}),
        json!({"kind": "group_mirrored", "group": "g1"}),
        json!({"kind": "profile_changed"}),
        json!({"kind": "tagged", "tag": "et2"}),
        json!({"kind": "untagged", "tag": "et2"}),
        json!({"kind": "tag_refused", "tag": "et2", "reason": "too_many"}),
        json!({"kind": "moved", "board": "cars", "from": "know", "to": null, "rev": 1, "hidden": true}),
        json!({"kind": "move_refused", "board": "cars", "from": null, "to": "know", "reason": "backward"}),
        json!({"kind": "stage_conflict", "board": "cars", "staff": "zhangsan", "lost": "know", "won": "price"}),
        at("card_hidden"),
        at("card_shown"),
        json!({"kind": "rule_fired", "rule": "asks-price", "word": null}),
        json!({"kind": "rules_stopped", "rule": "asks-price", "reason": "loop"}),
        json!({"kind": "enrolled", "sop": "price", "n": 2, "version": 1, "anchor_at": 0}),
        json!({"kind": "entry_refused", "sop": "price", "reason": "too_many"}),
        json!({"kind": "exited", "sop": "price", "n": 1, "reason": "no_relation"}),
        json!({"kind": "completed", "sop": "price", "n": 1}),
        json!({"kind": "resumed", "sop": "price", "n": 1}),
        planned,
        offered,
        reassigned,
        ended,
        touch("reopened"),
        json!({"kind": "marked", "staff": "zhangsan", "tags": {"add": ["et2"]}}),
        json!({"kind": "mark_held", "staff": "zhangsan", "code": 40003}),
        json!({"kind": "message_received", "staff": "zhangsan"}),
        json!({"kind": "message_sent", "staff": "zhangsan"}),
        json!({"kind": "ignored", "reason": "stale"}),
        json!({"kind": "undone", "version": 3}),
        json!({"kind": "undo_refused", "version": 3, "reason": "too_old"}),
        json!({"kind": "task_not_open", "touch": {"sop": "price", "n": 1, "step": "offer"}}),
    ];
    let mut sentences = std::collections::BTreeSet::new();
    for sample in samples {
        let fact: Fact = read(sample.clone());
        let sentence = Words::new(&book()).fact(&fact.what);
        assert_eq!(Words::new(&book()).kind(&fact.what), sample["kind"]);
        assert!(!sentence.is_empty() && !sentence.contains("zhangsan"), "{sentence}");
        assert!(sentences.insert(sentence.clone()), "said twice: {sentence}");
    }
}

#[test]
fn headlines_say_who_did_what() {
    let by_admin = Actor::Operator { name: "admin".into() };
    let zhangsan = Actor::Staff { userid: "zhangsan".into() };
    for (by, what, headline) in [
        (
            by_admin.clone(),
            json!({"what": "stage_moved", "board": "cars", "stage": "price", "reason": "电话约好"}),
            "管理员把商机移到「考虑价格」（汽车销售）：电话约好",
        ),
        (
            zhangsan.clone(),
            json!({"what": "stage_moved", "board": "cars", "stage": null, "reason": null}),
            "张三把商机移出看板「汽车销售」",
        ),
        (
            by_admin.clone(),
            json!({"what": "tags_edited", "add": ["et2"], "remove": []}),
            "管理员修改标签：加上「客户状态/考虑价格」",
        ),
        (
            zhangsan,
            json!({"what": "task_skipped", "touch": {"sop": "price", "n": 1, "step": "offer"}, "note": "客户在开会"}),
            "张三跳过了「报价单」：客户在开会",
        ),
        (Actor::Stepwise, json!({"what": "woken"}), "到达计划时间"),
        (
            Actor::Customer,
            json!({"what": "contact_removed", "staff": "zhangsan", "side": "customer"}),
            "客户删除了张三",
        ),
    ] {
        let what: Happening = read(what);
        let signal = Signal { id: "s".into(), at: Timestamp::default(), by, what };
        assert_eq!(Words::new(&book()).happening(&signal), headline);
    }
    let what = Happening::MessageReceived { staff: "zhangsan".into(), text: "我的电话是 138".into() };
    let signal = Signal { id: "s".into(), at: Timestamp::default(), by: Actor::Customer, what };
    assert!(!Words::new(&book()).happening(&signal).contains("138"));
}

#[test]
fn a_relation_is_told_apart_from_its_return() {
    let opened = |first: bool, again: bool| {
        Words::new(&book()).fact(&What::RelationOpened { staff: "zhangsan".into(), first, again })
    };
    assert_eq!(opened(true, false), "与张三成为好友（首次添加企业成员）");
    assert_eq!(opened(false, false), "与张三成为好友");
    assert_eq!(opened(false, true), "与张三重新成为好友");
}

#[test]
fn a_job_says_what_it_does_and_to_whom() {
    let book = book();
    let words = Words::new(&book);
    for (what, sentence) in [
        (json!({"kind": "edit_tags", "add": ["et2"], "remove": []}), "加上标签「客户状态/考虑价格」"),
        (
            json!({"kind": "edit_tags", "add": ["et2"], "remove": ["et9"], "expires_at": 1_772_672_400_000_i64}),
            "加上标签「客户状态/考虑价格」（3月5日 09:00到期），去掉标签「et9」",
        ),
        (
            json!({"kind": "move_stage", "board": "cars", "stage": "price", "only_from": "know"}),
            "从「了解产品」移到「考虑价格」（汽车销售）",
        ),
        (json!({"kind": "move_stage", "board": "cars", "stage": null}), "移出看板「汽车销售」"),
        (json!({"kind": "undo", "job": "j1"}), "撤销之前的批量任务"),
        (json!({"kind": "mirror", "group": "g"}), "标签组「客户状态」同步给所有好友成员"),
        (json!({"kind": "board", "board": "cars"}), "更新看板「汽车销售」的商机"),
        (json!({"kind": "put_stage_tag", "board": "cars", "stage": "order"}), "重建标签：下定（汽车销售）"),
        (json!({"kind": "import", "staff": ["zhangsan"]}), "导入张三的客户"),
        (json!({"kind": "reconcile", "staff": null}), "与企业微信核对所有成员的客户"),
    ] {
        assert_eq!(words.job(&read(what)), sentence);
    }
    let source = |of: Value| words.source(&read(of));
    assert_eq!(source(json!({"tag": "et2"})), "有标签「客户状态/考虑价格」的客户");
    assert_eq!(
        source(json!({"stage": {"board": "cars", "stage": "know"}})),
        "在「了解产品」（汽车销售）的客户"
    );
}
