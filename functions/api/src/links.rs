//! Tracked links, `/l/{code}`: for customers, who are redirected whatever happens to the record of it.
//!
//! Where to is what the code stands for in the store. Nothing of the request is ever a target, nor shown again.

mod limits;
mod page;
mod visitor;

use std::time::Duration;

use app::{Identified, Opener};
use axum::{
    Router,
    extract::{Query, Request, State},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
    routing::get,
};
use domain::signal::LinkSource;
use serde::Deserialize;
use store::Link;

use crate::Api;

use visitor::Visitor;

/// The customer waits no longer than this for where the link leads, for the settings, and for WeCom. What the record of
/// it may take, [`app::App::opened`] knows.
const LOOK_UP_LIMIT: Duration = Duration::from_secs(3);
const SETTINGS_LIMIT: Duration = Duration::from_secs(1);
const IDENTIFY_LIMIT: Duration = Duration::from_secs(3);

/// What WeCom sends the browser back with.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Back {
    code: String,
    state: String,
}

/// The door. Every address below it has an answer for people.
pub(crate) fn routes() -> Router<Api> {
    Router::new().route("/l", get(open)).route("/l/", get(open)).route("/l/{*link}", get(open))
}

async fn open(State(api): State<Api>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let path = parts.uri.path().strip_prefix("/l/").unwrap_or_default();
    let (code, back) = path.strip_suffix("/back").map_or((path, false), |code| (code, true));
    let found = tokio::time::timeout(LOOK_UP_LIMIT, Box::pin(api.app.link(code))).await;
    match found.unwrap_or(Err(app::Error::Waits("the store to say where a link leads"))) {
        Ok(Some(link)) => follow(&api, &parts, code, &link, back).await,
        Ok(None) => {
            telemetry::metric!(links_unknown = 1);
            page::unknown()
        }
        Err(error) => {
            tracing::error!(%error, "a link could not be looked up");
            page::unavailable()
        }
    }
}

async fn follow(api: &Api, parts: &Parts, code: &str, link: &Link, back: bool) -> Response {
    if parts.method == Method::HEAD {
        return redirect(&link.target);
    }
    let visitor = Visitor::of(&parts.headers);
    if let Visitor::Machine(sign) = visitor {
        telemetry::metric!(links_previewed = 1, reason = sign.name());
        return redirect(&link.target);
    }
    let is_shared = !matches!(link.via, LinkSource::Touch(_));
    if is_shared && !back && visitor == Visitor::InWeChat {
        let elsewhere = api.app.identify_at(api.sign_in.base.as_deref(), code);
        match tokio::time::timeout(SETTINGS_LIMIT, Box::pin(elsewhere)).await {
            Ok(Ok(Some(elsewhere))) => return redirect(&elsewhere),
            Ok(Ok(None)) => {}
            Ok(Err(error)) => tracing::error!(%error, "nobody could be asked who opens a link"),
            Err(_) => tracing::error!("whether to ask who opens a link was not known in time"),
        }
    }
    let somebody = || Opener::Somebody(visitor::mark(api.addresses.of(parts), &parts.headers));
    let opener = match is_shared && back {
        true => tokio::time::timeout(IDENTIFY_LIMIT, Box::pin(who(api, parts, code)))
            .await
            .unwrap_or_else(|_| {
                tracing::warn!("WeCom did not say in time who opened a link");
                Some(None)
            })
            .map(|customer| customer.unwrap_or_else(somebody)),
        false => Some(somebody()),
    };
    if let Some(opener) = opener {
        note(api, code, link, &opener).await;
    }
    redirect(&link.target)
}

/// Who came back from WeCom. `None`: nobody whose opening counts; `Some(None)`: nobody knows.
async fn who(api: &Api, parts: &Parts, code: &str) -> Option<Option<Opener>> {
    match limits::may_ask(api, parts).await {
        Ok(true) => {}
        Ok(false) => {
            telemetry::metric!(links_unasked = 1);
            return Some(None);
        }
        Err(error) => {
            tracing::warn!(%error, "whether WeCom may be asked who opened a link is not known");
            return Some(None);
        }
    }
    let back = Query::<Back>::try_from_uri(&parts.uri).map(|Query(back)| back).unwrap_or_default();
    match api.app.identified(code, &back.code, &back.state).await {
        Ok(Identified::Customer(customer)) => Some(Some(Opener::Customer(customer))),
        Ok(Identified::Member | Identified::Again) => None,
        Ok(Identified::Somebody) => Some(None),
        Ok(Identified::Refused(errcode)) => {
            telemetry::metric!(links_refused = 1);
            tracing::warn!(errcode, "WeCom does not know a code with which somebody opened a link");
            limits::bad_code(api, parts).await;
            Some(None)
        }
        Err(error) => {
            tracing::warn!(%error, "WeCom did not say who opened a link");
            Some(None)
        }
    }
}

/// The redirect does not depend on it.
async fn note(api: &Api, code: &str, link: &Link, opener: &Opener) {
    if let Err(error) = Box::pin(api.app.opened(code, link, opener)).await {
        tracing::error!(%error, "an opening was not recorded");
    }
}

/// To an address of a link, or of WeCom.
fn redirect(to: &str) -> Response {
    let Ok(to) = HeaderValue::from_str(to) else { return page::unknown() };
    let headers = [
        (header::LOCATION, to),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (page::ROBOTS, HeaderValue::from_static("noindex")),
    ];
    (StatusCode::FOUND, headers).into_response()
}
