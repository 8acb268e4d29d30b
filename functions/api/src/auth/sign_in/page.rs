//! A refused sign-in, for the eye: whoever comes back from WeCom is a person with a browser.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse as _, Response},
};

use crate::{frame::AsItIs, problem::Problem};

/// The refusal, as a page unless a program asks.
pub(super) fn refusal(problem: Problem, headers: &HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !accepts.contains("text/html") {
        return problem.into_response();
    }
    let body = html(problem.code().zh());
    let mut response = (problem.code().status(), body).into_response();
    response.extensions_mut().insert(AsItIs);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

/// `why` is one of our own sentences.
fn html(why: &str) -> String {
    format!(
        "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>登录未成功</title>\
         <style>body{{font:16px/1.7 system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;margin:0;\
         background:#f5f6f8;color:#1f2329}}main{{background:#fff;padding:32px 40px;border-radius:8px;max-width:26em}}\
         h1{{font-size:20px;margin:0 0 8px}}a{{color:#1664ff}}small{{color:#8f959e}}</style>\
         <main><h1>登录未成功</h1><p>{why}</p><p><a href=\"/api/v1/session/start\">重新登录</a></p>\
         <small>若多次不成功，请联系管理员：成员需在应用可见范围内，并已同步到 Stepwise。</small></main></html>"
    )
}
