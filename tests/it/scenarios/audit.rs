//! Whatever is changed through the API can be traced to who did it, and from where.

mod contents;

use std::collections::BTreeSet;

use bytes::Bytes;
use domain::Actor;
use http::Method;
use serde_json::{Value, json};
use store::{AuditPlace, Job, JobKind, JobOrder};
use tests::{Answer, World, at, items, text};

use super::price::company;

/// All entries of a query, newest first.
async fn audit(world: &World, query: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("/api/v1/audit?limit=3{query}{cursor}")).await.ok();
        all.extend(items(&page["items"]));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

fn actions(entries: &[Value]) -> Vec<String> {
    entries.iter().map(|entry| text(&entry["action"])).collect()
}

/// Entries of one instant have no order; people are not that fast.
async fn a_second_later(world: &World) {
    world.until(world.now().plus_secs(1)).await;
}

fn rule() -> Value {
    json!({"name": "问好", "when": {"message_contains": {"any": ["你好"]}}, "then": [{"add_tag": "客户状态/了解产品"}]})
}

fn sop() -> Value {
    json!({"id": "care", "name": "关怀", "anchor": {"kind": "friend_add"},
           "steps": [{"id": "hello", "at": {"after_minutes": 5}, "method": "task", "content": {"text": "您好"}}]})
}

/// Operations that leave no entry: what comes in is told by the journal, and a ticket for an upload changes nothing.
const EXEMPT: [&str; 2] = ["ingestEvents", "beginUpload"];

/// Makes changes one after the other, and looks for the entry of each.
struct Auditor<'a> {
    world: &'a World,
    seen: Vec<Value>,
    /// Operations that were tried.
    tried: BTreeSet<&'static str>,
}

impl<'a> Auditor<'a> {
    async fn new(world: &'a World) -> Self {
        a_second_later(world).await;
        Self { world, seen: audit(world, "").await, tried: BTreeSet::new() }
    }

    /// Makes a change as admin that has to succeed. What is there already is changed on the condition of its ETag.
    async fn change(
        &mut self,
        operation: &'static str,
        method: Method,
        path: &str,
        body: Option<Value>,
        action: &str,
    ) -> Answer {
        let etag = self.world.get(path).await.headers.get("etag").cloned();
        let headers: Vec<_> = etag.iter().map(|etag| ("if-match", etag.as_str())).collect();
        let answer = self.world.send(method, path, &headers, body.as_ref()).await;
        let entry = self.entry(operation, &answer, action).await;
        if !action.starts_with("session.begin") {
            assert_eq!((&entry["via"], &entry["by"]["who"]), (&json!("admin_token"), &json!("operator")));
        }
        answer
    }

    /// The one new entry, which tells of the request that was answered so.
    async fn entry(&mut self, operation: &'static str, answer: &Answer, action: &str) -> Value {
        answer.clone().ok();
        let after = audit(self.world, "").await;
        let new = after[..after.len() - self.seen.len()].to_vec();
        assert_eq!(actions(&new), [action], "{operation}");
        assert_eq!(new[0]["request_id"], answer.headers["x-request-id"]);
        assert_eq!(new[0]["at"], self.world.now().to_string());
        self.seen = after;
        self.tried.insert(operation);
        a_second_later(self.world).await;
        new[0].clone()
    }

    async fn change_the_playbook(&mut self) {
        let path = "/api/v1/staff/sync";
        self.change("syncStaff", Method::POST, path, Some(json!({})), "staff.sync").await;
        let stages = json!([{"id": "new", "name": "新"}, {"id": "done", "name": "完成", "kind": "won"}]);
        let board = json!({"name": "售后", "tag_group": "售后阶段", "stages": stages});
        self.change("createBoard", Method::PUT, "/api/v1/boards/service", Some(board), "board.create").await;
        for body in [rule(), rule()] {
            self.change("writeRule", Method::PUT, "/api/v1/rules/hello", Some(body), "rule.put").await;
        }
        self.change("deleteRule", Method::DELETE, "/api/v1/rules/hello", None, "rule.delete").await;
        self.change("writeSop", Method::PUT, "/api/v1/sops/care", Some(sop()), "sop.put").await;
        self.change("publishSop", Method::POST, "/api/v1/sops/care/publish", Some(json!({})), "sop.publish")
            .await;
        let settings = self.world.get("/api/v1/settings").await.ok();
        self.change("writeSettings", Method::PUT, "/api/v1/settings", Some(settings), "settings.put").await;
        let named = json!({"name": "王五"});
        self.change("writeStaff", Method::PUT, "/api/v1/staff/wang", Some(named), "staff.put").await;
        let away = json!({"away": {"delegate": "zhang"}});
        self.change("changeStaff", Method::PATCH, "/api/v1/staff/li", Some(away), "staff.put").await;
    }

    async fn change_tags(&mut self) {
        let group = json!({"name": "意向", "tags": ["高", "低"]});
        let path = "/api/v1/tag-groups";
        let made = self.change("createTagGroup", Method::POST, path, Some(group), "tag_group.create").await;
        let made = made.ok();
        let group = format!("{path}/{}", text(&made["id"]));
        let tag = format!("/api/v1/tags/{}", text(&made["tags"][0]["id"]));
        let more = json!({"tags": ["无"]});
        let path = format!("{group}/tags");
        self.change("addTags", Method::POST, &path, Some(more), "tag_group.add_tags").await;
        let named = json!({"name": "购买意向"});
        self.change("changeTagGroup", Method::PATCH, &group, Some(named), "tag_group.put").await;
        let named = json!({"name": "很高"});
        self.change("changeTag", Method::PATCH, &tag, Some(named), "tag_group.put").await;
        let (mirror, all) = (format!("{group}/mirror"), json!({"mode": "all"}));
        self.change("mirrorTagGroup", Method::POST, &mirror, Some(all), "job.create").await;
        self.world.machine.settle().await.unwrap();
        self.change("deleteTag", Method::DELETE, &tag, None, "tag_group.delete_tag").await;
        self.change("deleteTagGroup", Method::DELETE, &group, None, "tag_group.delete").await;
    }

    async fn change_a_board(&mut self) {
        let path = "/api/v1/boards/service";
        let stages = json!([{"id": "new"}, {"id": "more", "name": "复购"}, {"id": "done"}]);
        let edit = Some(json!({"name": "售后服务", "stages": stages}));
        self.change("changeBoard", Method::PATCH, path, edit, "board.put").await;
        self.world.sim("tags", json!({"action": "delete", "group": "售后阶段", "name": "完成"})).await;
        let rebuild = format!("{path}/stages/done/rebuild-tag");
        self.change("rebuildTag", Method::POST, &rebuild, None, "board.rebuild_tag").await;
        let etag = self.world.get(path).await.headers["etag"].clone();
        let seen = [("if-match", etag.as_str())];
        let path = format!("{path}/stages/more");
        let answer = self.world.send(Method::DELETE, &path, &seen, None).await;
        self.entry("deleteStage", &answer, "board.delete_stage").await;
    }

    async fn change_a_customer(&mut self) {
        let moved = json!({"board": "sales", "stage": "interest"});
        let path = "/api/v1/customers/wmA/stage";
        let moved = self.change("moveCard", Method::PUT, path, Some(moved), "customer.stage_moved").await;
        let undo = json!({"entry": moved.ok()["entry"]});
        self.change("undo", Method::POST, "/api/v1/undo", Some(undo), "customer.undo").await;
        let tags = json!({"add": ["客户状态/考虑价格"]});
        let path = "/api/v1/customers/wmA/tags";
        self.change("editTags", Method::POST, path, Some(tags), "customer.tags_edited").await;
        let path = "/api/v1/customers/wmA/attributes";
        let known = json!({"预算": 120_000});
        self.change("setAttributes", Method::PATCH, path, Some(known), "customer.attributes_set").await;
        let path = "/api/v1/customers/wmA/owner";
        let owner = json!({"userid": "zhang"});
        self.change("assignOwner", Method::PUT, path, Some(owner), "customer.owner_assigned").await;
        self.world
            .content("greeting", json!({"title": "问候"}), json!([{"kind": "text", "text": "您好"}]))
            .await;
        self.seen = audit(self.world, "").await;
        a_second_later(self.world).await;
        let path = "/api/v1/customers/wmA/contents/greeting/sent?userid=zhang";
        let sent = self.world.post(path, json!({"evidence": "sdk_callback", "version": 1})).await;
        let entry = self.entry("sentContent", &sent, "customer.content_sent").await;
        assert_eq!(entry["by"]["id"], "zhang");
        for (time, operation, way, action) in [
            ("2026-03-02 09:52", "sentTask", "sent", "customer.task_done"),
            ("2026-03-03 11:30", "skipTask", "skip", "customer.task_skipped"),
        ] {
            self.world.until(at(time)).await;
            // The night has looked at staff, and found somebody whom WeCom does not know.
            self.seen = audit(self.world, "").await;
            let task = text(&self.world.tasks("zhang").await[0]["id"]);
            let path = format!("/api/v1/tasks/{task}/{way}");
            self.change(operation, Method::POST, &path, Some(json!({})), action).await;
        }
    }

    async fn change_many(&mut self) {
        let many = json!({"customers": ["wmA"], "remove": ["客户状态/考虑价格"], "reason": "回访"});
        let path = "/api/v1/customers/batch/tags";
        self.change("editTagsOfMany", Method::POST, path, Some(many), "job.create").await;
        let asked = &self.seen[0]["after"]["document"];
        assert_eq!(
            (&asked["kind"], &asked["total"], &asked["reason"]),
            (&json!("edit_tags"), &json!(1), &json!("回访"))
        );
        assert_eq!((items(&asked["add"]).len(), items(&asked["remove"]).len()), (0, 1), "{asked}");
        let path = "/api/v1/customers/batch/stage";
        let many = json!({"of": {"stage": "sales/interest"}, "board": "sales", "stage": "order"});
        self.world
            .put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "interest"}))
            .await
            .ok();
        a_second_later(self.world).await;
        self.seen = audit(self.world, "").await;
        let moved = self.change("moveCards", Method::POST, path, Some(many), "job.create").await.ok();
        let asked = &self.seen[0]["after"]["document"];
        assert_eq!(asked["of"], json!({"stage": {"board": "sales", "stage": "interest"}}), "{asked}");
        self.world.machine.settle().await.unwrap();
        let path = format!("/api/v1/jobs/{}/undo", text(&moved["id"]));
        self.change("undoJob", Method::POST, &path, None, "job.create").await;
        self.world.machine.settle().await.unwrap();
        let path = "/api/v1/customers/import";
        self.change("importCustomers", Method::POST, path, Some(json!({})), "job.create").await;
        let order = JobOrder {
            what: JobKind::EditTags { add: [].into(), remove: [].into(), expires_at: None },
            reason: None,
            by: Actor::Stepwise,
            origin: None,
            sight: None,
            created_at: self.world.now(),
            total: 1,
            of: None,
            fingerprint: String::new(),
        };
        let waiting = Job::new("waiting".into(), order.clone());
        let store = &self.world.machine.app.store;
        store.create_job(&waiting, &["wmA".into()], None, "token").await.unwrap();
        self.change("cancelJob", Method::POST, "/api/v1/jobs/waiting/cancel", None, "job.cancel").await;
        let path = "/api/v1/customers/reconcile";
        self.change("reconcileCustomers", Method::POST, path, Some(json!({})), "job.create").await;
        let undecided = Job::new("undecided".into(), order);
        store.create_job(&undecided, &[], None, "another").await.unwrap();
        let now = self.world.now();
        store.take_job(&undecided.id, "somebody", now, now.plus_secs(60)).await.unwrap().unwrap();
        store.let_job_wait(&undecided.id, "somebody", now).await.unwrap();
        let (path, wanted) = ("/api/v1/jobs/undecided/decide", json!({"decision": "react"}));
        self.change("decideJob", Method::POST, path, Some(wanted), "job.decide").await;
    }

    async fn change_who_may_come_in(&mut self) {
        let until = self.world.now().plus_days(30).to_string();
        let token = json!({"name": "CRM", "scopes": ["customers:read"], "expires_at": until});
        let token =
            self.change("createToken", Method::POST, "/api/v1/tokens", Some(token), "token.create").await;
        let path = format!("/api/v1/tokens/{}", text(&token.ok()["id"]));
        self.change("revokeToken", Method::DELETE, &path, None, "token.revoke").await;

        let session = self.sign_in().await;
        let cookie = session.headers["set-cookie"].split(';').next().unwrap().to_owned();
        let request = http::Request::delete(format!("{}/api/v1/session", self.world.machine.address))
            .header("cookie", cookie)
            .header("x-csrf-token", text(&session.ok()["csrf_token"]));
        let signed_out = self.world.raw(request.body(Bytes::new()).unwrap()).await;
        let entry = self.entry("signOut", &signed_out, "session.end").await;
        assert_eq!((&entry["via"], &entry["by"]["id"]), (&json!("session"), &json!("zhang")));
        self.sign_in().await;
        let path = "/api/v1/staff/zhang/sessions";
        self.change("endSessions", Method::DELETE, path, None, "session.end").await;
        self.sign_in().await;
        let id = text(&self.world.get(path).await.ok()["items"][0]["id"]);
        self.change("endSession", Method::DELETE, &format!("{path}/{id}"), None, "session.end").await;
    }

    async fn sign_in(&mut self) -> Answer {
        let whom = json!({"userid": "zhang"});
        self.change("devSignIn", Method::POST, "/api/v1/session/dev", Some(whom), "session.begin").await
    }
}

#[tokio::test]
async fn no_mutation_is_without_an_audit_entry() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.post("/api/v1/staff/sync", json!({})).await.ok();
    let mut auditor = Auditor::new(&world).await;
    auditor.change_the_playbook().await;
    auditor.change_a_board().await;
    auditor.change_tags().await;
    auditor.change_contents().await;
    auditor.change_a_customer().await;
    auditor.change_many().await;
    auditor.change_who_may_come_in().await;

    let document = world.get("/api/v1/openapi.json").await.ok();
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|item| item.as_object().unwrap());
    let mutations = operations
        .filter(|(method, _)| *method != "get")
        .map(|(_, operation)| text(&operation["operationId"]));
    let untried: Vec<_> = mutations
        .filter(|id| !auditor.tried.contains(id.as_str()) && !EXEMPT.contains(&id.as_str()))
        .collect();
    assert_eq!(untried, [""; 0], "each is tried above");
}

#[tokio::test]
async fn an_undo_that_takes_nothing_back_is_on_record_too() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let path = "/api/v1/customers/wmA/stage";
    let first = world.put(path, json!({"board": "sales", "stage": "interest"})).await.ok();
    a_second_later(&world).await;
    world.put(path, json!({"board": "sales", "stage": "price"})).await.ok();
    a_second_later(&world).await;
    world.post("/api/v1/undo", json!({"entry": first["entry"]})).await.refused(409);
    let entries = audit(&world, "&target=customer/wmA").await;
    assert_eq!(actions(&entries), ["customer.undo", "customer.stage_moved", "customer.stage_moved"]);
}

#[tokio::test]
async fn what_staff_do_with_their_tasks_is_on_record_as_theirs() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "price"})).await.ok();
    world.until(at("2026-03-02 09:52")).await;
    let task = text(&world.tasks("zhang").await[0]["id"]);
    let skipped =
        world.post(&format!("/api/v1/tasks/{task}/skip?userid=zhang"), json!({"note": "已电话沟通"})).await;
    skipped.ok();

    let entries = audit(&world, "&who=zhang").await;
    assert_eq!(actions(&entries), ["customer.task_skipped"]);
    assert_eq!((&entries[0]["by"]["name"], &entries[0]["target"]["id"]), (&json!("张三"), &json!("wmA")));
    assert_eq!(entries[0]["text"], "张三跳过了「报价单」：已电话沟通");
}

#[tokio::test]
async fn a_rule_is_shown_as_it_was_and_as_it_became() {
    let world = company().await;
    let made = world.put("/api/v1/rules/hello", rule()).await;
    let etag = made.headers["etag"].clone();
    a_second_later(&world).await;
    let changed = json!({"name": "打招呼", "when": rule()["when"], "then": rule()["then"]});
    world.send(Method::PUT, "/api/v1/rules/hello", &[("if-match", &etag)], Some(&changed)).await.ok();
    // Refused, and so no change.
    world.send(Method::PUT, "/api/v1/rules/hello", &[("if-match", &etag)], Some(&changed)).await.refused(412);

    let entries = audit(&world, "&target=rule/hello").await;
    let names = |entry: &Value| {
        ["before", "after"].map(|side| entry[side]["document"]["name"].as_str().map(str::to_owned))
    };
    let shown: Vec<_> = entries.iter().map(names).collect();
    let name = |name: &str| Some(name.to_owned());
    assert_eq!(shown, [[name("问好"), name("打招呼")], [None, name("问好")]]);
}

#[tokio::test]
async fn a_customers_entry_tells_what_followed_and_keeps_no_name() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let path = "/api/v1/customers/wmA/stage";
    let body = json!({"board": "sales", "stage": "interest"});
    let keyed = [("idempotency-key", "k")];
    let answer = world.send(Method::PUT, path, &keyed, Some(&body)).await.ok();
    world.send(Method::PUT, path, &keyed, Some(&body)).await.ok();
    world.put(path, body).await.ok();

    let entries = audit(&world, "&target=customer/wmA").await;
    assert_eq!(entries.len(), 1, "neither what was done before nor what changes nothing: {entries:#?}");
    assert_eq!(entries[0]["entry"], answer["entry"]);
    let facts: Vec<_> = items(&entries[0]["facts"]).iter().map(|fact| text(&fact["text"])).collect();
    assert!(facts.iter().any(|fact| fact.contains("了解产品")), "{facts:?}");
    let place = AuditPlace::before(world.now().plus_days(1));
    let kept = world.machine.app.store.audit(at("2026-03-01 00:00"), &place, 100).await.unwrap();
    let kept = serde_json::to_string(&kept.items.iter().map(|(_, entry)| entry).collect::<Vec<_>>()).unwrap();
    assert!(kept.contains("wmA") && !kept.contains("王先生"), "{kept}");
}

#[tokio::test]
async fn the_audit_is_read_across_months_and_by_filter() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    // So that the nights have nothing to find.
    world.post("/api/v1/staff/sync", json!({})).await.ok();
    let [first, by_admin] = [audit(&world, "").await.len(), audit(&world, "&who=admin").await.len()];
    for (day, stage) in
        [("2026-04-10 10:00", "interest"), ("2026-06-01 07:59", "price"), ("2026-06-01 08:01", "order")]
    {
        world.until(at(day)).await;
        world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": stage})).await.ok();
    }
    let all = audit(&world, "").await;
    assert_eq!(all.len(), first + 3);
    assert!(all.is_sorted_by(|a, b| text(&a["at"]) >= text(&b["at"])), "newest first");
    let moves = audit(&world, "&action=customer").await;
    assert_eq!(actions(&moves), ["customer.stage_moved"; 3]);
    let of = async |query: &str| audit(&world, query).await.len();
    assert_eq!(of("&action=customer&from=2026-06-01T08:00:00%2B08:00").await, 1);
    assert_eq!(of("&action=customer&from=2026-04-10T10:00:00%2B08:00&to=2026-06-01T00:00:00Z").await, 2);
    assert_eq!(of("&who=admin").await, by_admin + 3);
    assert_eq!(of("&who=zhang").await, 0);
    assert_eq!(of("&from=2026-07-01T00:00:00Z").await, 0);
    assert_eq!(world.get("/api/v1/audit?from=yesterday").await.refused(422)["errors"][0]["pointer"], "/from");

    let page = world.get("/api/v1/audit?limit=1&who=admin").await.ok();
    let cursor = text(&page["next_cursor"]);
    let other = world.get(&format!("/api/v1/audit?limit=1&who=zhang&cursor={cursor}")).await;
    assert_eq!(other.refused(400)["code"], "bad_cursor", "it belongs to its filter");
}

#[tokio::test]
async fn of_a_large_document_the_audit_keeps_what_tells_it_apart() {
    let world = company().await;
    let step = |n: usize| json!({"id": format!("s{n}"), "at": {"after_minutes": n + 5}, "method": "task", "content": {"text": "字".repeat(900)}});
    let mut document = sop();
    document["steps"] = (0..20).map(step).collect();
    world.put("/api/v1/sops/care", document).await.ok();

    let entries = audit(&world, "&target=sop/care").await;
    let after = &entries[0]["after"];
    assert_eq!(after["document"], Value::Null);
    assert!(after["bytes"].as_u64().unwrap() > 32 * 1024 && text(&after["sha256"]).len() == 64, "{after}");
}

#[tokio::test]
async fn the_audit_of_all_time_has_an_end() {
    let world = company().await;
    let (mut cursor, mut pages, mut found) = (String::new(), 0, 0);
    loop {
        let page = world.get(&format!("/api/v1/audit?from=1900-01-01T00:00:00Z{cursor}")).await.ok();
        (pages, found) = (pages + 1, found + items(&page["items"]).len());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
        assert!(pages < 30, "a page passes over 40 months, and the first were in 1970");
    }
    assert!(found > 0, "what was done to set the company up");
    let none = "/api/v1/audit?from=1900-01-01T00:00:00Z&to=1950-01-01T00:00:00Z";
    assert_eq!(world.get(none).await.ok()["next_cursor"], Value::Null);
}

/// Entries of what changed for a member, oldest first, as role, departments and status before and after.
async fn record_of(world: &World, userid: &str) -> Vec<Value> {
    let mut entries = audit(world, &format!("&target=staff/{userid}")).await;
    entries.reverse();
    entries
}

fn sides(entry: &Value, field: &str) -> [Value; 2] {
    ["before", "after"].map(|side| entry[side]["document"][field].clone())
}

#[tokio::test]
async fn what_wecom_changes_for_staff_is_on_record_with_who_asked_to_look() {
    let world = World::new().await;
    for (id, name, parent) in [(1, "公司", None), (2, "销售部", Some(1))] {
        world.sim("departments", json!({"id": id, "name": name, "parent": parent})).await;
    }
    world.sim("staff", json!({"userid": "lina", "name": "李娜", "departments": [1]})).await;
    let synchronise = async || world.post("/api/v1/staff/sync", json!({})).await;
    let first = synchronise().await;
    a_second_later(&world).await;
    world.sim("staff", json!({"userid": "lina", "departments": [2]})).await;
    synchronise().await;
    a_second_later(&world).await;
    world.sim("staff/lina/leave", json!({})).await;
    // Nobody asks: the night.
    world.until(at("2026-03-03 09:00")).await;
    world.sim("departments", json!({"id": 2, "name": "直营销售部"})).await;
    world.sim("staff", json!({"userid": "lina", "status": "active", "licensed": true})).await;
    synchronise().await;

    let entries = record_of(&world, "lina").await;
    assert_eq!(actions(&entries), ["staff.put"; 4], "{entries:#?}");
    for entry in &entries {
        assert_eq!((&entry["via"], &entry["by"]["who"]), (&json!("wecom"), &json!("stepwise")));
        assert_eq!((&entry["ip"], &entry["credential"]), (&Value::Null, &Value::Null));
    }
    assert_eq!(
        (&entries[0]["before"], &entries[0]["request_id"]),
        (&Value::Null, &json!(first.headers["x-request-id"]))
    );
    assert_eq!(sides(&entries[1], "departments"), [json!([1]), json!([2])]);
    assert_eq!(sides(&entries[2], "status").map(|status| text(&status["is"])), ["active", "left"]);
    assert_eq!(sides(&entries[3], "status").map(|status| text(&status["is"])), ["left", "active"]);
    let departments = audit(&world, "&target=department/2").await;
    assert_eq!(actions(&departments), ["department.put"; 2]);
    assert_eq!(sides(&departments[0], "name"), [json!("销售部"), json!("直营销售部")]);

    a_second_later(&world).await;
    // Whoever asks is on record themselves, though nothing is found.
    let asked = synchronise().await;
    let entries = audit(&world, "&action=staff.sync").await;
    assert_eq!(entries.len(), 4);
    assert_eq!(
        (&entries[0]["via"], &entries[0]["request_id"]),
        (&json!("admin_token"), &json!(asked.headers["x-request-id"]))
    );
    assert_eq!(entries[0]["after"]["document"], json!({"believe": false}));
}
