//! Route by route: who may, who may not, and what is seen of what is not theirs.

mod contents;
pub(super) mod corp;
pub(super) mod table;

use std::collections::BTreeMap;

use serde_json::Value;
use tests::{World, text};

use corp::Corp;
use table::{Column, rows};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The operations of the served document, by `METHOD path`.
pub(super) async fn operations(world: &World) -> BTreeMap<String, Value> {
    let document = world.visitor().get("/api/v1/openapi.json").await.ok();
    let mut operations = BTreeMap::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                operations.insert(format!("{} {path}", method.to_uppercase()), operation.clone());
            }
        }
    }
    operations
}

#[tokio::test]
async fn every_operation_of_the_document_has_a_row_and_every_row_an_operation() {
    let operations = operations(&World::new().await).await;
    let rows: BTreeMap<String, _> = rows().into_iter().map(|row| (row.name(), row)).collect();
    let missing: Vec<_> = operations.keys().filter(|name| !rows.contains_key(*name)).collect();
    let superfluous: Vec<_> = rows.keys().filter(|name| !operations.contains_key(*name)).collect();
    assert!(missing.is_empty() && superfluous.is_empty(), "no row: {missing:#?}\nno route: {superfluous:#?}");
    for (name, row) in &rows {
        let operation = &operations[name];
        assert_eq!(operation["x-scope"].as_str(), row.scope, "{name}: the scope that the document names");
        let least = [(Column::Own, "operator"), (Column::Led, "manager"), (Column::Admin, "admin")]
            .into_iter()
            .find(|(column, _)| row.cells.iter().any(|(of, status)| of == column && *status != 403));
        let role = least.filter(|_| row.scope.is_some()).map(|(_, role)| role);
        assert_eq!(operation["x-role"].as_str(), role, "{name}: the role that the document names");
        for (column, status) in &row.cells {
            let documented = operation["responses"].get(status.to_string());
            assert!(documented.is_some(), "{name}, {column:?}: {status} is not in the document");
        }
    }
}

#[tokio::test]
async fn everybody_may_do_what_the_table_says_and_a_refusal_leaves_no_trace() {
    let mut corp = Corp::new().await;
    let mut wrong = Vec::new();
    let mut cells = 0;
    for row in rows() {
        for (column, status) in &row.cells {
            let asked = corp.asked(&row, *column).await;
            let mut visitor = asked.by.clone().unwrap_or_else(|| corp.visitor(&row, *column));
            let is_watched = *status >= 400 && row.writes();
            let before = if is_watched { corp.kept().await } else { Vec::new() };
            let answer =
                visitor.send(row.method.clone(), &asked.path, &asked.headers, asked.body.as_ref()).await;
            cells += 1;
            let cell = format!("{} as {column:?}: {}", row.name(), asked.path);
            if answer.status != *status {
                wrong.push(format!("{cell}: {} in place of {status}: {}", answer.status, answer.page));
            }
            // Whose sessions were ended signs in again.
            if answer.status == 204 && row.path.ends_with("/sessions") {
                corp.sign_in_everybody().await;
            }
            if answer.status >= 400 {
                assert_eq!(text(&answer.body["code"]), code(answer.status, &row.name(), *column), "{cell}");
                if is_watched && corp.kept().await != before {
                    wrong.push(format!("{cell}: refused, and yet something was stored"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cells} cells are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Why a request of the matrix may be refused.
fn code(status: u16, name: &str, column: Column) -> &'static str {
    match (status, name) {
        (401, "GET /api/v1/session/callback") => "sign_in_failed",
        (401, "POST /ingest/v1/events") => "bad_signature",
        (401, _) => "unauthorized",
        (403, name) if name.contains("/tasks/{id}") && column != Column::Unscoped => "not_yours",
        (403, name) if name.contains("/contents/{content}") && column != Column::Unscoped => "not_a_friend",
        (403, _) => "forbidden",
        _ => "not_found",
    }
}
