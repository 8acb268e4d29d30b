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
        self.change("publishContent", Method::POST, path, Some(how), "content.publish").await;
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
