//! Changes of contents, their groups and files.

use http::Method;
use serde_json::json;
use tests::png;

use super::Auditor;

impl Auditor<'_> {
    pub(super) async fn change_contents(&mut self) {
        for (id, name) in [("prices", "报价"), ("brand", "品牌")] {
            let path = format!("/api/v1/content-groups/{id}");
            let body = Some(json!({"name": name}));
            self.change("writeContentGroup", Method::PUT, &path, body, "content_group.put").await;
        }
        let (path, first) = ("/api/v1/content-groups/prices/move", json!({"parent": "brand"}));
        self.change("moveContentGroup", Method::POST, path, Some(first), "content_group.move").await;

        let uploaded = self.world.upload("image", &png(4, 4, 0)).await;
        let blob = uploaded.body["blob"].clone();
        self.entry("finishUpload", &uploaded, "media.upload").await;
        let path = "/api/v1/contents/list";
        self.change("writeContent", Method::PUT, path, Some(json!({"title": "报价单"})), "content.put").await;
        let body = json!({"parts": [{"kind": "text", "text": "您好"}, {"kind": "image", "blob": blob}]});
        let path = "/api/v1/contents/list/draft";
        self.change("writeContentDraft", Method::PUT, path, Some(body), "content.edit").await;
        let (path, how) = ("/api/v1/contents/list/publish", json!({"substantial": true}));
        let published = self.world.send(Method::POST, path, &[("if-match", "*")], Some(&how)).await;
        self.entry("publishContent", &published, "content.publish").await;
        let path = "/api/v1/contents/list/versions/1/restore";
        let body = json!({"parts": [{"kind": "text", "text": "改了"}]});
        self.change(
            "writeContentDraft",
            Method::PUT,
            "/api/v1/contents/list/draft",
            Some(body),
            "content.edit",
        )
        .await;
        let restored = self.world.send(Method::POST, path, &[("if-match", "*")], None).await;
        self.entry("restoreContentVersion", &restored, "content.edit").await;
        let (path, copy) = ("/api/v1/contents/list/copy", json!({"id": "list-2"}));
        self.change("copyContent", Method::POST, path, Some(copy), "content.copy").await;
        let path = "/api/v1/contents/list-2?draft=1";
        let deleted = self.world.send(Method::DELETE, path, &[("if-match", "\"1\"")], None).await;
        let entry = self.entry("deleteContent", &deleted, "content.delete").await;
        assert_eq!((&entry["via"], &entry["by"]["who"]), (&json!("admin_token"), &json!("operator")));
        let path = "/api/v1/contents/list/test?userid=zhang";
        let tested = self.world.post(path, json!({})).await;
        let entry = self.entry("testContent", &tested, "content.test").await;
        assert_eq!(entry["by"]["id"], "zhang");
        for (operation, verb) in [("archiveContent", "archive"), ("restoreContent", "restore")] {
            let path = format!("/api/v1/contents/list/{verb}");
            let answer = self.world.send(Method::POST, &path, &[("if-match", "*")], None).await;
            self.entry(operation, &answer, &format!("content.{verb}")).await;
        }
        let path = "/api/v1/content-groups/prices";
        let answer = self.world.send(Method::DELETE, path, &[("if-match", "*")], None).await;
        self.entry("deleteContentGroup", &answer, "content_group.delete").await;
    }
}
