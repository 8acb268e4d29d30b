//! Demonstration data: a car dealer's board, a rule, two SOPs, five customers; made through the same doors that people
//! use, so that a newcomer sees something move.

use anyhow::{Context as _, bail};
use app::Author;
use axum::body::Body;
use domain::{
    Happening, StaffId,
    playbook::{Role, StaffChange},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::Machine;

const DEPARTMENTS: [(u64, &str, u64); 5] =
    [(1, "星河汽车", 0), (2, "销售部", 1), (3, "展厅销售组", 2), (4, "网络销售组", 2), (5, "售后服务部", 1)];
/// Userid, name, department, and what they may do: each sees something else.
const STAFF: [(&str, &str, u64, Role); 5] = [
    ("wangfang", "王芳", 1, Role::Admin),
    ("zhaolei", "赵磊", 3, Role::Manager),
    ("zhangwei", "张伟", 3, Role::Operator),
    ("lina", "李娜", 4, Role::Operator),
    ("chenhao", "陈浩", 5, Role::Operator),
];
const CUSTOMERS: [(&str, &str, &str); 5] = [
    ("wmDemoChenJie0001", "陈洁", "zhangwei"),
    ("wmDemoWangLei0002", "王磊", "zhangwei"),
    ("wmDemoZhaoMin0003", "赵敏", "lina"),
    ("wmDemoLiuYang0004", "刘洋", "lina"),
    ("wmDemoSunQian0005", "孙倩", "zhangwei"),
];

/// Seeds an empty store; one with a board is left alone.
pub(crate) async fn seed(machine: &Machine) -> anyhow::Result<()> {
    let Some(sim) = &machine.sim else { bail!("--demo needs --wecom sim: it plays customers and staff") };
    if !machine.app.playbook().await?.boards.is_empty() {
        return Ok(());
    }
    let router = sim.router();
    let call = async |path: &str, body: Value| post(&router, path, body).await;
    for (id, name, parent) in DEPARTMENTS {
        let mut department = json!({"id": id, "name": name});
        if parent > 0 {
            department["parent"] = json!(parent);
        }
        call("/sim/control/departments", department).await?;
    }
    for (userid, name, department, _) in STAFF {
        let member = json!({"userid": userid, "name": name, "departments": [department]});
        call("/sim/control/staff", member).await?;
    }
    staff(machine).await?;
    playbook(machine).await?;
    for (id, name, staff) in CUSTOMERS {
        call("/sim/control/customers", json!({"external_userid": id, "name": name})).await?;
        call(&format!("/sim/control/customers/{id}/add"), json!({"userid": staff, "state": "showroom"}))
            .await?;
    }
    let [chen, wang, zhao, liu, sun] = CUSTOMERS;
    for (id, ..) in [chen, sun] {
        let lead = Happening::StageMoved {
            board: "cars".into(),
            stage: Some("lead".into()),
            expected_rev: None,
            only_from: None,
            reason: None,
        };
        machine.app.handle(&id.into(), machine.app.own_signal(lead)).await?;
    }
    let say = async |(id, _, staff): (&str, &str, &str), text: &str| {
        call(&format!("/sim/control/customers/{id}/say"), json!({"userid": staff, "text": text})).await
    };
    say(wang, "你好，这款车现在多少钱？").await?;
    say(zhao, "周末可以试驾吗").await?;
    let tag = json!({"external_userid": liu.0, "add": ["购车阶段/到店"]});
    call(&format!("/sim/control/staff/{}/tag", liu.2), tag).await?;
    Ok(())
}

/// Whom WeCom knows is known here, and what they may do is said.
async fn staff(machine: &Machine) -> anyhow::Result<()> {
    let app = &machine.app;
    app.ask_staff_sync(false, &Author::stepwise()).await.context("staff")?;
    // The first one may have been under way already; then this one follows it.
    machine.settle().await.map_err(anyhow::Error::msg)?;
    for (userid, _, department, role) in STAFF.iter().filter(|(.., role)| *role != Role::Operator) {
        let userid = StaffId::from(*userid);
        let known =
            app.playbook().await?.staff.get(&userid).cloned().context("a member of the demonstration")?;
        let manages = (*role == Role::Manager).then(|| [*department].into());
        let change = StaffChange { role: Some(*role), manages, ..StaffChange::default() };
        app.change_staff(&userid, known.revision, &change, true, &Author::stepwise()).await?;
    }
    Ok(())
}

async fn playbook(machine: &Machine) -> anyhow::Result<()> {
    let app = &machine.app;
    let stages = [
        ("lead", "客户线索", "open"),
        ("online", "在线初步沟通", "open"),
        ("visit", "到店", "open"),
        ("test-drive", "试驾", "open"),
        ("order", "下定", "won"),
    ];
    let stages: Vec<Value> =
        stages.iter().map(|(id, name, kind)| json!({"id": id, "name": name, "kind": kind})).collect();
    let board = json!({"name": "汽车销售", "tag_group": "购车阶段", "stages": stages});
    app.create_board(&"cars".into(), &serde_json::from_value(board)?, &Author::stepwise())
        .await
        .context("board")?;
    let rules = [
        json!({"id": "asks-price", "name": "问价格", "when": {"message_contains": {"any": ["多少钱", "价格", "报价", "优惠"]}},
               "then": [{"add_tag": "购车阶段/在线初步沟通"}]}),
        json!({"id": "wants-test-drive", "name": "想试驾", "when": {"message_contains": {"any": ["试驾"]}},
               "then": [{"add_tag": "购车阶段/试驾"}]}),
    ];
    for rule in rules {
        app.put_rule(serde_json::from_value(rule)?, &Author::stepwise()).await.context("rule")?;
    }
    for source in [newcomers(), price()] {
        let id = source["id"].as_str().unwrap_or_default().into();
        let (_, problems) = app.put_draft(&id, source, 0, &Author::stepwise()).await?;
        if let Some(problem) = problems.first() {
            bail!("demonstration SOP {id}: {} {}", problem.pointer, problem.message);
        }
        app.publish_sop(&id, &Author::stepwise()).await?;
    }
    Ok(())
}

fn newcomers() -> Value {
    json!({
        "id": "newcomers", "name": "新客转化",
        "anchor": {"kind": "friend_add"},
        "steps": [
            {"id": "hello", "title": "欢迎语", "at": {"after_minutes": 0}, "method": "welcome",
             "content": {"text": "{{customer.name|您}}，您好！我是{{staff.name|您的}}专属购车顾问，看车、试驾、报价都可以随时找我。"}},
            {"id": "brochure", "title": "车型图册", "at": {"after_minutes": 10}, "method": "task",
             "content": {"text": "{{customer.name|您好}}，这是全系车型图册和现车颜色，您先看看喜欢哪一款？"}},
            {"id": "needs", "title": "了解用车需求", "at": {"day": 1, "time": "10:00"}, "method": "task",
             "content": {"text": "{{customer.name|您好}}，您平时是城市代步多，还是长途多？我按您的用车习惯推荐配置。"}},
            {"id": "story", "title": "车主故事", "at": {"day": 3, "time": "12:30"}, "method": "task",
             "content": {"text": "分享一位老车主三年五万公里的真实用车账单，供您参考。"}},
            {"id": "call", "title": "电话邀约", "at": {"day": 5, "time": "15:00"}, "method": "todo",
             "content": {"text": "电话邀约到店：确认意向车型、方便的时间，并在客户资料里记下结果。"}}
        ],
        "exit": {"when": {"stage": "cars/order"}}
    })
}

fn price() -> Value {
    json!({
        "id": "price", "name": "考虑价格",
        "anchor": {"kind": "stage_entry", "stage": "cars/online"},
        "steps": [
            {"id": "offer", "title": "报价单", "at": {"after_minutes": 5}, "method": "task",
             "content": {"text": "{{customer.name|您好}}，这是您关注车型的最新报价单，含购置税、保险和本月优惠。"}},
            {"id": "compare", "title": "竞品对比表", "at": {"day": 1, "time": "11:00"}, "method": "task",
             "content": {"text": "我整理了同价位三款车的对比表：空间、油耗、保值率，一看就明白。"}},
            {"id": "finance", "title": "金融方案", "at": {"day": 2, "time": "16:00", "until": "18:00"}, "method": "task",
             "content": {"text": "首付两成、三年免息的方案这周还有名额，需要我帮您算一下月供吗？"}}
        ]
    })
}

async fn post(router: &axum::Router, path: &str, body: Value) -> anyhow::Result<()> {
    let request = http::Request::post(path)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))?;
    let answer = router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
    let status = answer.status();
    if !status.is_success() {
        let body = answer.into_body().collect().await?.to_bytes();
        bail!("{path}: {status} {}", String::from_utf8_lossy(&body));
    }
    Ok(())
}
