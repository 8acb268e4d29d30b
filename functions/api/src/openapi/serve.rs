//! The document, what is cut out of it, and its page: for everybody, they hold nothing of the corp.

use std::sync::LazyLock;

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use sha2::{Digest as _, Sha256};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Api;

/// Made when somebody first asks: most instances never are.
static DOCUMENT: LazyLock<Static> =
    LazyLock::new(|| Static::new("application/json", super::document().to_string()));
static SOP_SCHEMA: LazyLock<Static> =
    LazyLock::new(|| Static::new("application/schema+json", super::schema_of("SopDocument").to_string()));
static PAGE: LazyLock<Static> =
    LazyLock::new(|| Static::new("text/html; charset=utf-8", include_str!("page/page.html")));
static STYLE: LazyLock<Static> =
    LazyLock::new(|| Static::new("text/css; charset=utf-8", include_str!("page/page.css")));
static SCRIPT: LazyLock<Static> =
    LazyLock::new(|| Static::new("text/javascript; charset=utf-8", include_str!("page/page.js")));

/// The page loads its own three files and the document, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Bytes that do not change while the process runs.
struct Static {
    kind: &'static str,
    bytes: Bytes,
    etag: HeaderValue,
}

impl Static {
    fn new(kind: &'static str, text: impl Into<String>) -> Self {
        let bytes = Bytes::from(text.into());
        let etag = format!("\"{}\"", hex::encode(&Sha256::digest(&bytes)[..12]));
        Self { kind, bytes, etag: HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("\"0\"")) }
    }

    /// 304 for who has it.
    fn answer(&self, asked: &HeaderMap) -> Response {
        let known = asked.get(header::IF_NONE_MATCH).is_some_and(|given| given == self.etag);
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Body::from(self.bytes.clone()).into_response()
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(header::ETAG, self.etag.clone());
        for (name, value) in [
            (header::CACHE_CONTROL, "public, max-age=300"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (HeaderName::from_static("referrer-policy"), "no-referrer"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(document)).routes(routes!(sop_schema))
}

/// `/docs`: the page to read.
pub(crate) fn pages() -> Router<Api> {
    Router::new()
        .route("/docs", get(|asked: HeaderMap| async move { PAGE.answer(&asked) }))
        .route("/docs/page.css", get(|asked: HeaderMap| async move { STYLE.answer(&asked) }))
        .route("/docs/page.js", get(|asked: HeaderMap| async move { SCRIPT.answer(&asked) }))
}

/// This document
///
/// OpenAPI 3.1. A page that shows it is at `/api/docs`.
#[utoipa::path(get, path = "/openapi.json", operation_id = "getDocument", tag = "document", security(()),
    responses((status = 200, description = "The document", body = Object, headers(("ETag" = String)),
               example = json!({"openapi": "3.1.0", "info": {"title": "Stepwise", "version": "1"}})),
              (status = 304, description = "It is the one that `If-None-Match` names")),
    extensions(("x-summary-zh" = json!("接口文档"))))]
async fn document(asked: HeaderMap) -> Response {
    DOCUMENT.answer(&asked)
}

/// The JSON schema of an SOP document
///
/// For editors: what a draft has to fit before it can be published. Names are checked by saving alone.
#[utoipa::path(get, path = "/schema/sop.json", operation_id = "getSopSchema", tag = "document", security(()),
    responses((status = 200, description = "JSON Schema, draft 2020-12", body = Object, headers(("ETag" = String)),
               content_type = "application/schema+json",
               example = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "SopDocument"})),
              (status = 304, description = "It is the one that `If-None-Match` names")),
    extensions(("x-summary-zh" = json!("SOP 文档的 JSON Schema"))))]
async fn sop_schema(asked: HeaderMap) -> Response {
    SOP_SCHEMA.answer(&asked)
}
