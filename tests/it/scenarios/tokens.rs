//! API tokens: made by admins, for scripts.

use serde_json::{Value, json};
use tests::{Answer, Visitor, World, items, text};

use super::access::corp;

const TOKENS: &str = "/api/v1/tokens";

fn wanted(world: &World, scopes: &[&str], days: i64) -> Value {
    json!({"name": "CRM 同步", "scopes": scopes, "expires_at": world.now().plus_days(days).to_string()})
}

fn with(world: &World, token: &str) -> Visitor {
    world.visitor().with("authorization", &format!("Bearer {token}"))
}

fn wrong(answer: Answer) -> Vec<(String, String)> {
    let errors = items(&answer.refused(422)["errors"]);
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}

#[tokio::test]
async fn a_token_is_shown_once_and_only_a_hash_of_it_is_kept() {
    let world = corp().await;
    let mut boss = world.signed_in("boss").await;
    let made = boss.post(TOKENS, wanted(&world, &["customers:read"], 10)).await;
    assert_eq!(made.status, 201);
    let made = made.ok();
    let token = text(&made["token"]);
    let secret = token.rsplit('_').next().unwrap().to_owned();
    assert_eq!(token, format!("sw_{}_{secret}", text(&made["id"])));
    assert_eq!((secret.len(), &made["created_by"], &made["used_at"]), (64, &json!("boss"), &Value::Null));
    with(&world, &token).get("/api/v1/customers/wmzhang").await.ok();

    let list = boss.get(TOKENS).await.ok();
    let listed = &list["items"][0];
    assert_eq!((&listed["name"], &listed["scopes"]), (&json!("CRM 同步"), &json!(["customers:read"])));
    assert_eq!((&listed["used_at"], &listed["expired"]), (&json!(world.now().to_string()), &json!(false)));
    assert_eq!(listed.get("token"), None);
    let audit = boss.get("/api/v1/audit?limit=200").await.ok();
    assert!(audit.to_string().contains("token.create"), "{audit:#}");
    let kept = world.kept().await;
    assert!(kept.iter().any(|item| item.contains("CRM 同步")), "the token is among what is kept");
    for place in [list.to_string(), audit.to_string(), kept.concat()] {
        assert!(!place.contains(&secret), "{place}");
    }
    // Nor does anybody sign in with what is kept of sessions.
    let session = boss.cookies["stepwise"].split('.').next().unwrap().to_owned();
    assert!(!kept.concat().contains(&session) && !kept.concat().contains(boss.csrf.as_deref().unwrap()));
}

#[tokio::test]
async fn a_token_reaches_as_far_as_its_scopes_and_acts_in_its_own_name() {
    let world = corp().await;
    let mut script = world.with_token(&["customers:write"]).await;
    script.get("/api/v1/customers/wmzhang").await.ok();
    let moved = json!({"board": "sales", "stage": "price"});
    script.put("/api/v1/customers/wmzhang/stage", moved.clone()).await.ok();
    let entries = world.timeline("wmzhang").await;
    let moved_by = &entries.iter().find(|entry| entry["kind"] == "stage_moved").unwrap()["by"];
    assert_eq!(moved_by, &json!({"who": "operator", "id": "脚本", "name": "脚本"}));
    for path in ["/api/v1/rules", "/api/v1/tasks?userid=zhang", "/api/v1/staff", "/api/v1/audit", TOKENS] {
        assert_eq!(script.get(path).await.refused(403)["code"], "forbidden", "{path}");
    }
    let mut reader = world.with_token(&["customers:read"]).await;
    reader.get("/api/v1/customers/wmzhang").await.ok();
    let refused = reader.put("/api/v1/customers/wmzhang/stage", moved).await.refused(403);
    assert!(text(&refused["detail"]).contains("customers:write"), "{refused:#}");

    let me = world.with_token(&["staff:read"]).await.get("/api/v1/me").await.ok();
    assert_eq!((&me["kind"], &me["name"], &me["userid"]), (&json!("token"), &json!("脚本"), &Value::Null));
    assert_eq!((&me["role"], &me["scopes"]), (&json!("admin"), &json!(["staff:read"])));
}

#[tokio::test]
async fn a_token_is_no_good_once_it_has_ended_or_was_revoked() {
    let world = corp().await;
    let made = world.post(TOKENS, wanted(&world, &["customers:read"], 1)).await.ok();
    let mut script = with(&world, &text(&made["token"]));
    world.until(world.now().plus_secs(24 * 3600 - 1)).await;
    script.get("/api/v1/customers/wmzhang").await.ok();
    world.until(world.now().plus_secs(1)).await;
    assert_eq!(script.get("/api/v1/customers/wmzhang").await.refused(401)["code"], "unauthorized");
    let listed = world.get(TOKENS).await.ok();
    assert_eq!(listed["items"][0]["expired"], true);

    let made = world.post(TOKENS, wanted(&world, &["customers:read"], 1)).await.ok();
    let mut script = with(&world, &text(&made["token"]));
    script.get("/api/v1/customers/wmzhang").await.ok();
    let path = format!("{TOKENS}/{}", text(&made["id"]));
    assert_eq!(world.send(http::Method::DELETE, &path, &[], None).await.status, 204);
    script.get("/api/v1/customers/wmzhang").await.refused(401);
    world.send(http::Method::DELETE, &path, &[], None).await.refused(404);
}

#[tokio::test]
async fn a_token_makes_none_that_reaches_further_than_itself() {
    let world = corp().await;
    let mut script = world.with_token(&["security:write", "customers:write", "tasks:read"]).await;
    let beyond = ["customers:read", "tasks:read", "tasks:write", "playbook:read", "staff:write"];
    let refused = wrong(script.post(TOKENS, wanted(&world, &beyond, 1)).await);
    let expected = [
        ("/scopes/1", "beyond_own_scope"),
        ("/scopes/2", "beyond_own_scope"),
        ("/scopes/4", "beyond_own_scope"),
    ];
    assert_eq!(refused, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    let within = ["customers:read", "tasks:read", "security:read"];
    let made = script.post(TOKENS, wanted(&world, &within, 1)).await.ok();
    assert_eq!(made["created_by"], "脚本");
    let mut child = with(&world, &text(&made["token"]));
    child.get("/api/v1/customers/wmzhang").await.ok();
    child.get(TOKENS).await.ok();
    child.post(TOKENS, wanted(&world, &["customers:read"], 1)).await.refused(403);
}

#[tokio::test]
async fn a_token_needs_a_name_known_scopes_and_an_end_within_a_year() {
    let world = corp().await;
    let good = wanted(&world, &["customers:read"], 1);
    for (field, value, pointer, code) in [
        ("name", json!("  "), "/name", "bad_length"),
        ("name", json!("长".repeat(61)), "/name", "bad_length"),
        ("scopes", json!([]), "/scopes", "missing_field"),
        ("scopes", json!(["customers:all"]), "/scopes/0", "unknown_scope"),
        ("expires_at", json!(world.now().to_string()), "/expires_at", "out_of_range"),
        ("expires_at", json!(world.now().plus_days(367).to_string()), "/expires_at", "out_of_range"),
        ("expires_at", json!("tomorrow"), "/expires_at", "out_of_range"),
        ("role", json!("admin"), "/role", "unknown_field"),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        let refused = wrong(world.post(TOKENS, bad).await);
        assert_eq!(refused, [(pointer.to_owned(), code.to_owned())], "{field}");
    }
    assert_eq!(world.get(TOKENS).await.ok()["items"], json!([]));
}

#[tokio::test]
async fn a_token_for_staff_makes_nobody_an_admin() {
    let world = corp().await;
    let any = [("if-match", "*")];
    let change = |script: tests::Visitor, body: Value| async move {
        let mut script = script;
        script.send(http::Method::PATCH, "/api/v1/staff/li", &any, Some(&body)).await
    };
    for body in [json!({"role": "admin"}), json!({"role": "manager", "manages": [1]})] {
        let script = world.with_token(&["staff:write"]).await;
        assert_eq!(change(script, body).await.refused(403)["code"], "forbidden");
    }
    let away = json!({"away": {"delegate": null, "until": null}});
    change(world.with_token(&["staff:write"]).await, away).await.ok();
    let both = world.with_token(&["staff:write", "security:write"]).await;
    assert_eq!(change(both, json!({"role": "admin"})).await.ok()["role"], "admin");
    let named = world.post(TOKENS, json!({"name": "Admin", "scopes": ["staff:read"], "expires_at": world.now().plus_days(1).to_string()}));
    assert_eq!(wrong(named.await), [("/name".to_owned(), "taken".to_owned())]);
}
