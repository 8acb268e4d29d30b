//! The page's own files.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

const INDEX: &str = include_str!("../../page/index.html");

const CSS: &str = "text/css";
const SCRIPT: &str = "text/javascript";
/// Name, content type, text.
const ASSETS: &[(&str, &str, &str)] = &[
    ("style.css", CSS, include_str!("../../page/style.css")),
    ("layout.css", CSS, include_str!("../../page/layout.css")),
    ("phone.css", CSS, include_str!("../../page/phone.css")),
    ("desk.css", CSS, include_str!("../../page/desk.css")),
    ("product.css", CSS, include_str!("../../page/product.css")),
    ("drawer.css", CSS, include_str!("../../page/drawer.css")),
    ("adding.js", SCRIPT, include_str!("../../page/adding.js")),
    ("api.js", SCRIPT, include_str!("../../page/api.js")),
    ("app.js", SCRIPT, include_str!("../../page/app.js")),
    ("attachment.js", SCRIPT, include_str!("../../page/attachment.js")),
    ("calls.js", SCRIPT, include_str!("../../page/calls.js")),
    ("card.js", SCRIPT, include_str!("../../page/card.js")),
    ("clock.js", SCRIPT, include_str!("../../page/clock.js")),
    ("crowd.js", SCRIPT, include_str!("../../page/crowd.js")),
    ("desk.js", SCRIPT, include_str!("../../page/desk.js")),
    ("dom.js", SCRIPT, include_str!("../../page/dom.js")),
    ("drawer.js", SCRIPT, include_str!("../../page/drawer.js")),
    ("errors.js", SCRIPT, include_str!("../../page/errors.js")),
    ("events.js", SCRIPT, include_str!("../../page/events.js")),
    ("faults.js", SCRIPT, include_str!("../../page/faults.js")),
    ("form.js", SCRIPT, include_str!("../../page/form.js")),
    ("friends.js", SCRIPT, include_str!("../../page/friends.js")),
    ("limits.js", SCRIPT, include_str!("../../page/limits.js")),
    ("log.js", SCRIPT, include_str!("../../page/log.js")),
    ("markdown.js", SCRIPT, include_str!("../../page/markdown.js")),
    ("mass.js", SCRIPT, include_str!("../../page/mass.js")),
    ("notices.js", SCRIPT, include_str!("../../page/notices.js")),
    ("paint.js", SCRIPT, include_str!("../../page/paint.js")),
    ("phone.js", SCRIPT, include_str!("../../page/phone.js")),
    ("product.js", SCRIPT, include_str!("../../page/product.js")),
    ("store.js", SCRIPT, include_str!("../../page/store.js")),
    ("talk.js", SCRIPT, include_str!("../../page/talk.js")),
    ("tasks.js", SCRIPT, include_str!("../../page/tasks.js")),
    ("thread.js", SCRIPT, include_str!("../../page/thread.js")),
    ("time.js", SCRIPT, include_str!("../../page/time.js")),
    ("typing.js", SCRIPT, include_str!("../../page/typing.js")),
    ("words.js", SCRIPT, include_str!("../../page/words.js")),
];

pub(super) async fn index() -> Response {
    text("text/html", INDEX)
}

pub(super) async fn asset(Path(name): Path<String>) -> Response {
    ASSETS
        .iter()
        .find(|(known, ..)| *known == name)
        .map_or_else(|| StatusCode::NOT_FOUND.into_response(), |(_, kind, body)| text(kind, body))
}

fn text(kind: &str, body: &'static str) -> Response {
    (
        [
            (header::CONTENT_TYPE, format!("{kind}; charset=utf-8")),
            // a new build must not meet yesterday's script
            (header::CACHE_CONTROL, "no-cache".to_owned()),
        ],
        body,
    )
        .into_response()
}
