//! What a customer sees where a link leads nowhere: our own sentences only.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};

use crate::frame::AsItIs;

pub(super) const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// No such link.
pub(super) fn unknown() -> Response {
    page(StatusCode::NOT_FOUND, "链接已失效", "请联系给您发送链接的工作人员重新获取。")
}

/// Where it leads cannot be read just now.
pub(super) fn unavailable() -> Response {
    let mut response = page(StatusCode::SERVICE_UNAVAILABLE, "暂时打不开", "请稍后再打开一次这个链接。");
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

fn page(status: StatusCode, title: &str, what: &str) -> Response {
    let body = format!(
        "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title>\
         <style>body{{font:16px/1.7 system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;margin:0;\
         background:#f5f6f8;color:#1f2329}}main{{background:#fff;padding:32px 40px;border-radius:8px;max-width:26em;\
         text-align:center}}h1{{font-size:20px;margin:0 0 8px}}p{{margin:0;color:#4e5969}}</style>\
         <main><h1>{title}</h1><p>{what}</p></main></html>"
    );
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                  frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (ROBOTS, "noindex"),
    ];
    let mut response = (status, headers, body).into_response();
    response.extensions_mut().insert(AsItIs);
    response
}
