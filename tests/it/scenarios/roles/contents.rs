//! Contents, groups and uploads of the matrix.

use http::Method;
use serde_json::{Value, json};
use tests::{png, text};

use super::{
    corp::{Asked, Corp},
    table::{Column, Row},
};

impl Corp {
    pub(super) async fn content(&mut self, row: &Row, column: Column, asked: &mut Asked) {
        match row.path {
            "/contents" | "/contents/tags" | "/content-groups" | "/content-stats" => {}
            "/uploads" => asked.body = Some(json!({"kind": "image", "bytes": 1000})),
            "/uploads/{id}/finish" => self.arrived(asked).await,
            path if path.starts_with("/content-groups") => self.content_group(row, asked).await,
            _ => self.one_content(row, column, asked).await,
        }
    }

    async fn arrived(&mut self, asked: &mut Asked) {
        let picture = png(4, 4, 0);
        let wanted = json!({"kind": "image", "bytes": picture.len()});
        let ticket = self.world.post("/api/v1/uploads", wanted).await.ok();
        assert_eq!(self.world.send_file(&ticket, &picture).await.status, 204);
        asked.name(&text(&ticket["id"]));
        asked.body = Some(json!({"kind": "image"}));
    }

    async fn content_group(&mut self, row: &Row, asked: &mut Asked) {
        let id = self.fresh("contents");
        asked.name(&id);
        let group = json!({"name": id});
        if row.method == Method::PUT {
            asked.body = Some(group);
            return;
        }
        self.world.put(&format!("/api/v1/content-groups/{id}"), group).await.ok();
        asked.headers.push(("if-match", "*"));
        asked.body = (row.method == Method::POST).then(|| json!({"parent": null}));
    }

    async fn one_content(&mut self, row: &Row, column: Column, asked: &mut Asked) {
        let id = self.fresh("content");
        asked.name(&id);
        asked.path = asked.path.replace("{n}", "0").replace("{version}", "1");
        let edit = json!({"title": id});
        let path = format!("/api/v1/contents/{id}");
        match (row.method.as_str(), row.path) {
            ("PUT", "/contents/{id}") => {
                asked.body = Some(edit);
                return;
            }
            ("PUT", _) => {
                self.world.put(&path, edit).await.ok();
                asked.body = Some(json!({"parts": self.picture().await}));
                return;
            }
            _ => {}
        }
        if row.method == Method::DELETE {
            self.world.put(&path, edit).await.ok();
            asked.headers.push(("if-match", "*"));
            return;
        }
        self.world.content(&id, edit, self.picture().await).await;
        match row.path {
            "/contents/{id}/archive"
            | "/contents/{id}/restore"
            | "/contents/{id}/versions/{version}/restore" => asked.headers.push(("if-match", "*")),
            "/contents/{id}/copy" => asked.body = Some(json!({"id": self.fresh("copy")})),
            "/contents/{id}/publish" => {
                asked.headers.push(("if-match", "*"));
                asked.body = Some(json!({"substantial": true}));
            }
            "/contents/{id}/test" if column == Column::Scoped => asked.path.push_str("?userid=zhang"),
            _ => {}
        }
    }

    async fn picture(&self) -> Value {
        let uploaded = self.world.upload("image", &png(4, 4, 0)).await.ok();
        json!([{"kind": "image", "blob": uploaded["blob"]}])
    }
}
