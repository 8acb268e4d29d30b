//! What a request may ask for, in one piece and again: bodies, keys, documents.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use http::Method;
use serde_json::{Value, json};
use tests::{Answer, World, at, items, text};

use super::price::company;

fn pointers(problem: &Value) -> Vec<String> {
    items(&problem["errors"]).iter().map(|error| text(&error["pointer"])).collect()
}

/// Writes a whole request before it reads a byte of the answer, as plain clients do. The answer, all of it.
fn over_plain_tcp(address: &str, head: &str, body: &[u8]) -> String {
    let mut connection = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    let head = format!("{head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(body).expect("the whole body is taken");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test]
async fn a_callback_of_ten_mebibytes_is_refused_like_any_other() {
    let world = company().await;
    let address = world.machine.address.clone();
    let post = move |bytes: usize| {
        let head = "POST /wecom/callback?msg_signature=x&timestamp=1&nonce=n HTTP/1.1\r\nHost: stepwise";
        over_plain_tcp(&address, head, &vec![b'x'; bytes])
    };
    let (large, small) =
        tokio::task::spawn_blocking(move || (post(10 * 1024 * 1024), post(10))).await.unwrap();
    assert!(large.starts_with("HTTP/1.1 403 "), "{large}");
    assert!(large.ends_with("\r\n\r\nrefused"), "{large}");
    let without_date = |answer: &str| {
        answer.lines().filter(|line| !line.starts_with("date: ")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(without_date(&large), without_date(&small));
}

/// A change with an Idempotency-Key.
async fn keyed(world: &World, method: Method, path: &str, key: &str, body: Value) -> Answer {
    world.send(method, path, &[("idempotency-key", key)], Some(&body)).await
}

#[tokio::test]
async fn a_key_that_comes_with_another_body_is_refused_and_with_the_same_one_answered_again() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let path = "/api/v1/customers/wmA/stage";
    let to = |stage: &str| json!({"board": "sales", "stage": stage, "reason": "电话约好了"});
    let first = keyed(&world, Method::PUT, path, "k", to("interest")).await.ok();
    assert_eq!(first["repeated"], Value::Null);

    let other = keyed(&world, Method::PUT, path, "k", to("price")).await;
    assert_eq!(other.refused(422)["code"], "idempotency_mismatch");
    assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("interest"));

    let again = keyed(&world, Method::PUT, path, "k", to("interest")).await.ok();
    assert_eq!((&again["repeated"], &again["entry"]), (&json!(true), &first["entry"]));
    let fresh = keyed(&world, Method::PUT, path, "l", to("price")).await.ok();
    assert_eq!(fresh["repeated"], Value::Null);
    let late = keyed(&world, Method::PUT, path, "k", to("interest")).await.ok();
    assert_eq!((&late["repeated"], &late["stages"]["sales"]["stage"]), (&json!(true), &json!("price")));
    assert_eq!(world.facts("wmA", "moved").await.len(), 2);
}

#[tokio::test]
async fn a_repetition_is_answered_with_its_own_entry_however_much_has_happened_since() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let path = "/api/v1/customers/wmA/stage";
    let to = json!({"board": "sales", "stage": "interest"});
    let first = keyed(&world, Method::PUT, path, "k", to.clone()).await.ok();
    for n in 0..51 {
        for change in ["add", "remove"] {
            let edit = json!({change: ["客户状态/考虑价格"]});
            world.post("/api/v1/customers/wmA/tags", edit).await.ok()["entry"]
                .as_str()
                .unwrap_or_else(|| panic!("{n}"));
        }
    }
    let again = keyed(&world, Method::PUT, path, "k", to).await.ok();
    assert_eq!((&again["repeated"], &again["entry"]), (&json!(true), &first["entry"]));
}

#[tokio::test]
async fn a_key_of_a_request_that_changed_nothing_is_remembered_too() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let path = "/api/v1/customers/wmA/tags";
    let held = json!({"add": ["客户状态/了解产品"]});
    world.post(path, held.clone()).await.ok();
    let quiet = keyed(&world, Method::POST, path, "k", held.clone()).await.ok();
    assert_eq!((&quiet["entry"], &quiet["repeated"]), (&Value::Null, &Value::Null));

    let other = json!({"add": ["客户状态/考虑价格"]});
    let refused = keyed(&world, Method::POST, path, "k", other).await.refused(422);
    assert_eq!(refused["code"], "idempotency_mismatch");
    assert_eq!(world.tags("wmA").await, ["客户状态/了解产品"]);
    let again = keyed(&world, Method::POST, path, "k", held).await.ok();
    assert_eq!((&again["entry"], &again["repeated"]), (&Value::Null, &json!(true)));
}

#[tokio::test]
async fn a_key_takes_back_one_entry_and_no_other() {
    let world = company().await;
    let mut entries = Vec::new();
    for id in ["wmA", "wmB"] {
        world.customer(id, "王先生", "zhang").await;
        let moved = json!({"board": "sales", "stage": "price"});
        let moved = world.put(&format!("/api/v1/customers/{id}/stage"), moved).await.ok();
        entries.push(json!({"entry": moved["entry"]}));
    }
    let path = "/api/v1/undo";
    let first = keyed(&world, Method::POST, path, "k", entries[0].clone()).await.ok();
    let other = keyed(&world, Method::POST, path, "k", entries[1].clone()).await.refused(422);
    assert_eq!(other["code"], "idempotency_mismatch");
    assert_eq!(world.stage("wmB", "sales").await.as_deref(), Some("price"));
    let again = keyed(&world, Method::POST, path, "k", entries[0].clone()).await.ok();
    assert_eq!((&again["repeated"], &again["entry"]), (&json!(true), &first["entry"]));
}

#[tokio::test]
async fn nobody_learns_from_a_key_how_another_staff_members_task_ended() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    // A colleague who knows the customer as well; a stranger to them hears of no task at all.
    world.sim("customers/wmA/add", json!({"userid": "li"})).await;
    world.say("wmA", "zhang", "多少钱").await;
    world.until(at("2026-03-02 09:40")).await;
    let task = text(&world.tasks("zhang").await[0]["id"]);
    let skip = |userid: &str| format!("/api/v1/tasks/{task}/skip?userid={userid}");
    let note = json!({"note": "已电话沟通"});
    assert_eq!(keyed(&world, Method::POST, &skip("li"), "k", note.clone()).await.status, 403);
    keyed(&world, Method::POST, &skip("zhang"), "k", note.clone()).await.ok();

    for (key, body) in [("k", note.clone()), ("l", note.clone())] {
        let refused = keyed(&world, Method::POST, &skip("li"), key, body).await.refused(403);
        assert_eq!(refused["code"], "not_yours");
        assert!(!refused.to_string().contains("已电话沟通"), "{refused:#}");
    }
    let again = keyed(&world, Method::POST, &skip("zhang"), "k", json!({"reason": "已电话沟通"})).await.ok();
    assert_eq!((&again["repeated"], &again["state"]), (&json!(true), &json!("skipped")));
    let other = keyed(&world, Method::POST, &skip("zhang"), "k", json!({})).await.refused(422);
    assert_eq!(other["code"], "idempotency_mismatch");
}

#[tokio::test]
async fn two_stages_of_one_board_at_once_are_refused_and_one_instead_of_the_other_moves_the_card() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let path = "/api/v1/customers/wmA/tags";
    let both = json!({"add": ["了解产品", "客户状态/考虑价格"]});
    let problem = world.post(path, both).await.refused(422);
    assert_eq!(pointers(&problem), ["/add/1"]);
    assert_eq!(problem["errors"][0]["code"], "contradiction");
    assert_eq!(world.facts("wmA", "moved").await.len(), 0);

    world.post(path, json!({"add": ["了解产品"]})).await.ok();
    world.post(path, json!({"add": ["考虑价格"], "remove": ["了解产品"]})).await.ok();
    assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("price"));
    assert_eq!(world.tags("wmA").await, ["客户状态/考虑价格"]);
    assert_eq!(world.facts("wmA", "moved").await.len(), 2);

    let rule = json!({"id": "r", "name": "规则", "when": {"message_contains": {"any": ["x"]}},
                      "then": [{"add_tag": "考虑价格"}, {"add_tag": "下定"}]});
    let problem = world.put("/api/v1/rules/r", rule).await.refused(422);
    assert_eq!(pointers(&problem), ["/then/1/add_tag"]);
    assert_eq!(problem["errors"][0]["code"], "contradiction");
}

#[tokio::test]
async fn an_sop_is_told_all_that_is_wrong_with_it_in_words_of_its_own() {
    let world = company().await;
    let document = json!({
        "id": "odd", "anchor": {"kind": "birthday"}, "colour": "red",
        "steps": [{"id": "a", "at": {"after_minutes": -5}, "method": "task", "content": {"text": 5}},
                  {"id": "b", "at": {"day": 1, "time": "22:00"}, "method": "sms", "content": {"text": "x"}}]
    });
    let saved = world.put("/api/v1/sops/odd", document).await.ok();
    let told: Vec<_> = items(&saved["problems"]);
    let named: Vec<_> =
        told.iter().map(|problem| (text(&problem["pointer"]), text(&problem["code"]))).collect();
    let named: Vec<_> = named.iter().map(|(pointer, code)| (pointer.as_str(), code.as_str())).collect();
    assert_eq!(
        named,
        [
            ("/name", "missing_field"),
            ("/anchor/kind", "unknown_value"),
            ("/steps/0/at/after_minutes", "out_of_range"),
            ("/steps/1/method", "unknown_value"),
            ("/colour", "unknown_field")
        ]
    );
    assert_eq!(told[3]["candidates"], json!(["welcome", "task", "todo"]));
    for word in ["u32", "struct", "enum", "variant"] {
        assert!(!saved.to_string().contains(word), "{word}: {saved:#}");
    }
}

#[tokio::test]
async fn settings_whose_day_ends_at_night_are_refused() {
    let world = company().await;
    let mut settings = world.get("/api/v1/settings").await.ok();
    settings["quiet"] = json!({"from": "00:00", "to": "23:59"});
    let put = |settings: Value| {
        let world = &world;
        async move { world.send(Method::PUT, "/api/v1/settings", &[("if-match", "*")], Some(&settings)).await }
    };
    let problem = put(settings.clone()).await.refused(422);
    assert_eq!(pointers(&problem), ["/until"]);
    settings["quiet"] = json!({"from": "21:30", "to": "08:30"});
    settings["owner"] = json!(5);
    let problem = put(settings.clone()).await.refused(422);
    assert_eq!(
        (pointers(&problem), &problem["errors"][0]["code"]),
        (vec!["/owner".into()], &json!("wrong_type"))
    );
    settings["owner"] = json!("latest");
    assert_eq!(put(settings).await.ok()["owner"], "latest");
}
