//! The people of the matrix, and what they ask for.

use std::collections::BTreeMap;

use domain::Actor;
use http::Method;
use serde_json::{Value, json};
use store::{Job, JobKind, JobOrder};
use tests::{Visitor, World, items, text};

use super::{
    super::access::corp,
    table::{Column, Row, address, scopes},
};

/// The corp with everybody who asks.
pub(crate) struct Corp {
    pub(crate) world: World,
    people: BTreeMap<&'static str, Visitor>,
    /// By scope: a script that has this one, and one that has all others.
    scripts: BTreeMap<&'static str, (Visitor, Visitor)>,
    count: u32,
}

/// What is asked in one cell.
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: Option<Value>,
    /// Instead of the visitor who usually asks, where the session is used up.
    pub(crate) by: Option<Visitor>,
}

impl Corp {
    pub(crate) async fn new() -> Self {
        let world = corp().await;
        // Everybody's friends have something to do, five minutes after they came.
        let step =
            json!({"id": "call", "at": {"after_minutes": 3}, "method": "task", "content": {"text": "您好"}});
        let hello = json!({"id": "hello", "name": "问候", "anchor": {"kind": "friend_add"}, "steps": [step]});
        world.publish(hello).await;
        let mut scripts = BTreeMap::new();
        for scope in scopes() {
            let (area, access) = scope.split_once(':').unwrap();
            let rest = scopes().into_iter().filter(|other| {
                let (of, other) = other.split_once(':').unwrap();
                of != area || (access == "write" && other == "read")
            });
            let rest: Vec<&str> = rest.collect();
            scripts.insert(scope, (world.with_token(&[scope]).await, world.with_token(&rest).await));
        }
        let mut corp = Self { world, people: BTreeMap::new(), scripts, count: 0 };
        corp.sign_in_everybody().await;
        corp
    }

    /// Once more, where sessions were ended.
    pub(crate) async fn sign_in_everybody(&mut self) {
        for userid in ["boss", "mei", "zhang", "li", "zhao"] {
            self.people.insert(userid, self.world.signed_in(userid).await);
        }
    }

    /// Whoever asks in this column.
    pub(crate) fn visitor(&self, row: &Row, column: Column) -> Visitor {
        let script = || &self.scripts[row.scope.unwrap_or("customers:read")];
        match column {
            Column::Nobody => self.world.visitor(),
            Column::Own | Column::Other => self.people["zhang"].clone(),
            Column::Led | Column::Beyond => self.people["mei"].clone(),
            Column::Admin => self.people["boss"].clone(),
            Column::Scoped => script().0.clone(),
            Column::Unscoped => script().1.clone(),
        }
    }

    pub(super) fn fresh(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{what}-{}", self.count)
    }

    async fn fresh_customer(&mut self, owner: &str) -> String {
        let id = self.fresh("wmfresh");
        self.world.customer(&id, "新客户", owner).await;
        id
    }

    async fn fresh_task(&mut self, owner: &str) -> String {
        let customer = self.fresh_customer(owner).await;
        self.world.until(self.world.now().plus_mins(5)).await;
        format!("{customer}~hello~1~call")
    }

    async fn fresh_job(&mut self, owner: &str) -> String {
        let customer = self.fresh_customer(owner).await;
        let wanted = json!({"customers": [customer], "add": ["客户状态/了解产品"]});
        let mut owner = self.people[owner].clone();
        let job = owner.post("/api/v1/customers/batch/tags", wanted).await.ok();
        self.world.machine.settle().await.unwrap();
        text(&job["id"])
    }

    /// A comparison with WeCom that waits for an admin.
    async fn undecided_job(&self) -> String {
        let (app, random) = (&self.world.machine.app, hex::encode(self.world.machine.app.entropy.bytes16()));
        let what = JobKind::Reconcile { staff: None };
        let order = JobOrder {
            what,
            reason: None,
            by: Actor::Stepwise,
            origin: None,
            sight: None,
            created_at: app.clock.now(),
            total: 0,
            of: None,
            fingerprint: String::new(),
        };
        let job = Job::new(random[..20].into(), order);
        app.store.create_job(&job, &[], None, &random).await.unwrap();
        let until = app.clock.now().plus_secs(60);
        app.store.take_job(&job.id, "somebody", app.clock.now(), until).await.unwrap();
        app.store.let_job_wait(&job.id, "somebody", app.clock.now()).await.unwrap();
        job.id.to_string()
    }

    async fn fresh_session(&self, owner: &str) -> (Visitor, String) {
        let mut visitor = self.world.signed_in(owner).await;
        let sessions = visitor.get(&format!("/api/v1/staff/{owner}/sessions")).await.ok();
        let own = items(&sessions["items"]).into_iter().find(|session| session["current"] == true);
        (visitor, text(&own.unwrap()["id"]))
    }

    /// What this row asks for in this column.
    pub(crate) async fn asked(&mut self, row: &Row, column: Column) -> Asked {
        let owner = column.owner();
        let mut asked = Asked::of(row.path.replace("{userid}", owner));
        match (row.method.as_str(), row.path) {
            ("GET", "/boards/{id}" | "/boards/{id}/changes" | "/boards/{id}/owners") => asked.name("sales"),
            ("GET", "/boards/{id}/cards") => asked.path = "/boards/sales/cards?stage=price".into(),
            (_, path) if path.starts_with("/boards/{id}") => self.board(row, &mut asked).await,
            (_, path) if path.starts_with("/tag-groups") || path == "/tags/{id}" => {
                self.tag(row, &mut asked).await;
            }
            (_, "/rules/{id}") => self.rule(row, &mut asked).await,
            (_, path) if path.starts_with("/sops/") => self.sop(row, &mut asked).await,
            ("PUT", "/settings") => {
                asked.body = Some(self.world.get("/api/v1/settings").await.ok());
                asked.headers.push(("if-match", "*"));
            }
            (_, path) if path.starts_with("/content") || path.starts_with("/uploads") => {
                self.content(row, column, &mut asked).await;
            }
            (_, path) if path.starts_with("/customers/") || path == "/undo" => {
                self.customer(row, owner, &mut asked).await;
                if path.contains("{content}") {
                    let content = self.fresh("content");
                    let parts = json!([{"kind": "text", "text": "您好"}]);
                    self.world.content(&content, json!({"title": content}), parts).await;
                    asked.path = asked.path.replace("{content}", &content);
                    // A script says who sends it.
                    let sender = if column == Column::Scoped { "?userid=zhang" } else { "" };
                    asked.path.push_str(sender);
                    asked.body = row.writes().then(|| json!({"version": 1}));
                }
            }
            (_, path) if path.starts_with("/tasks/") => {
                let task = self.fresh_task(owner).await;
                asked.path = row.path.replace("{id}", &task);
            }
            (_, "/tasks") => asked.path = format!("/tasks?userid={owner}"),
            (_, path) if path.starts_with("/jobs/") => {
                let job = match row.path {
                    "/jobs/{id}/decide" => self.undecided_job().await,
                    _ => self.fresh_job(owner).await,
                };
                asked.name(&job);
                asked.body = row.path.ends_with("/decide").then(|| json!({"decision": "adopt"}));
            }
            ("DELETE", "/session") => self.own_session(column, &mut asked).await,
            ("DELETE", "/staff/{userid}/sessions/{id}") => {
                let (_, id) = self.fresh_session(owner).await;
                asked.name(&id);
            }
            ("POST", "/session/dev") => asked.body = Some(json!({"userid": "tang"})),
            ("PATCH", "/staff/{userid}") => {
                asked.body = Some(json!({"away": null}));
                asked.headers.push(("if-match", "*"));
            }
            ("PUT", "/staff/{userid}") => asked.body = Some(json!({"name": "改名"})),
            (_, path) if path.starts_with("/tokens") => self.token(row, &mut asked).await,
            ("POST", "/ingest/v1/events") => asked.body = Some(json!({"events": []})),
            _ => {}
        }
        asked.path = address(&asked.path);
        assert!(!asked.path.contains('{'), "{}: say what is asked for", row.name());
        asked
    }

    async fn board(&mut self, row: &Row, asked: &mut Asked) {
        let id = self.fresh("board");
        let stages = json!([{"id": "new", "name": "新"}, {"id": "old", "name": "旧"},
                            {"id": "won", "name": "成交", "kind": "won"}]);
        let board = json!({"name": id, "tag_group": id, "stages": stages});
        asked.path = asked.path.replace("{stage}", "old");
        asked.name(&id);
        if row.method == Method::PUT {
            asked.body = Some(board);
            return;
        }
        self.world.put(&format!("/api/v1/boards/{id}"), board).await.ok();
        asked.headers.push(("if-match", "*"));
        if row.method == Method::PATCH {
            asked.body = Some(json!({"name": "改名"}));
        }
    }

    async fn tag(&mut self, row: &Row, asked: &mut Asked) {
        let name = self.fresh("group");
        let group = json!({"name": name, "tags": ["新", "旧"]});
        if row.path == "/tag-groups" {
            asked.body = Some(group);
            return;
        }
        let made = self.world.post("/api/v1/tag-groups", group).await.ok();
        asked.body = match row.method.as_str() {
            "PATCH" => Some(json!({"name": format!("{name}-2")})),
            "POST" if row.path.ends_with("/mirror") => Some(json!({"mode": "all"})),
            "POST" => Some(json!({"tags": ["又一个"]})),
            _ => None,
        };
        let id = if row.path == "/tags/{id}" { &made["tags"][0]["id"] } else { &made["id"] };
        asked.name(&text(id));
    }

    async fn rule(&mut self, row: &Row, asked: &mut Asked) {
        let id = if row.writes() { self.fresh("rule") } else { "asks-price".to_owned() };
        let rule = json!({"id": id, "name": id, "when": {"message_contains": {"any": [id]}},
                          "then": [{"add_tag": "客户状态/考虑价格"}]});
        if row.method == Method::DELETE {
            self.world.rule(&id, rule).await;
            asked.headers.push(("if-match", "*"));
        } else if row.writes() {
            asked.body = Some(rule);
        }
        asked.name(&id);
    }

    async fn sop(&mut self, row: &Row, asked: &mut Asked) {
        let id = if row.writes() { self.fresh("sop") } else { "price".to_owned() };
        let step =
            json!({"id": "a", "at": {"day": 1, "time": "10:00"}, "method": "task", "content": {"text": "x"}});
        let anchor = json!({"kind": "stage_entry", "stage": "sales/order"});
        let document = json!({"id": id, "name": id, "anchor": anchor, "steps": [step]});
        if row.method == Method::PUT {
            asked.body = Some(document);
        } else if row.writes() {
            self.world.put(&format!("/api/v1/sops/{id}"), document).await.ok();
            asked.body = Some(json!({}));
        }
        asked.name(&id);
    }

    async fn customer(&mut self, row: &Row, owner: &str, asked: &mut Asked) {
        let id = if row.writes() { self.fresh_customer(owner).await } else { format!("wm{owner}") };
        let stage = json!({"board": "sales", "stage": "interest"});
        asked.name(&id);
        asked.body = match row.path {
            "/customers/{id}/stage" => Some(stage),
            "/customers/{id}/attributes" => Some(json!({"预算": 1})),
            "/customers/{id}/owner" => Some(json!({"userid": owner})),
            "/customers/{id}/tags" => Some(json!({"add": ["客户状态/了解产品"]})),
            "/customers/import" | "/customers/reconcile" => Some(json!({})),
            "/customers/batch/stage" => {
                Some(json!({"customers": [id], "board": "sales", "stage": "interest"}))
            }
            "/customers/batch/tags" => Some(json!({"customers": [id], "add": ["客户状态/了解产品"]})),
            "/undo" => {
                let moved = self.world.put(&format!("/api/v1/customers/{id}/stage"), stage).await.ok();
                Some(json!({"entry": moved["entry"]}))
            }
            _ => None,
        };
    }

    async fn own_session(&mut self, column: Column, asked: &mut Asked) {
        let userid = match column {
            Column::Own => "zhang",
            Column::Led => "mei",
            Column::Admin => "boss",
            _ => return,
        };
        asked.by = Some(self.world.signed_in(userid).await);
    }

    async fn token(&mut self, row: &Row, asked: &mut Asked) {
        let ends = self.world.now().plus_days(1).to_string();
        let wanted = json!({"name": "新令牌", "scopes": ["security:read"], "expires_at": ends});
        match row.method {
            Method::POST => asked.body = Some(wanted),
            Method::DELETE => {
                let made = self.world.post("/api/v1/tokens", wanted).await.ok();
                asked.name(&text(&made["id"]));
            }
            _ => {}
        }
    }

    /// All that is kept, but for what may change with a refusal: when a token was last used, how much has failed.
    pub(crate) async fn kept(&self) -> Vec<String> {
        let kept = self.world.kept().await.into_iter().filter(|item| !item.contains("sign-in-from-"));
        kept.map(|item| if item.contains("\"used_at\"") { unused(&item) } else { item }).collect()
    }
}

fn unused(item: &str) -> String {
    let mut item: Value = serde_json::from_str(item).expect("JSON");
    item.as_object_mut().expect("an item").remove("used_at");
    item.to_string()
}

impl Asked {
    fn of(path: String) -> Self {
        Self { path, headers: Vec::new(), body: None, by: None }
    }

    pub(super) fn name(&mut self, id: &str) {
        self.path = self.path.replace("{id}", id);
    }
}
