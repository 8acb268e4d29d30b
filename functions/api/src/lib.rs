//! REST for console, sidebar and scripts under `/api/v1`, event ingestion at `/ingest/v1/events`, and tracked links at
//! `/l/{code}`.
//!
//! An edge and nothing more: it reads requests, checks who asks, hands a signal to [`App::handle`] or reads the store,
//! and shows what came of it. What a change means is decided in `domain`. Start with [`router`], then [`problem`] (how
//! refusals look) and [`act`] (how a request becomes a signal).

mod act;
mod address;
mod answer;
mod audit;
mod auth;
mod boards;
mod body;
mod contents;
mod customers;
mod enrollments;
mod frame;
mod ingest;
mod jobs;
mod links;
mod notes;
mod openapi;
mod page;
mod parts;
mod precondition;
mod problem;
mod query;
mod routes;
mod rules;
mod schema;
mod settings;
mod sops;
mod staff;
mod tags;
mod tasks;
mod timeline;
mod undo;
mod uploads;
mod view;
mod words;

#[cfg(test)]
mod tests;

use std::{net::IpAddr, sync::Arc};

use app::{App, config::Secret};
use axum::{Router, middleware::from_fn_with_state};
use cloud::blob::local::Local;

pub use auth::SignIn;
use auth::{Addresses, Cookies, Gate};
use page::Seal;

/// Who may come in.
#[derive(Clone, Debug)]
pub struct Access {
    /// The bearer token with role admin, for scripts; none: none is valid.
    pub admin_token: Option<Secret>,
    /// Signs ingested events.
    pub ingest_secret: Secret,
    /// How staff sign in.
    pub sign_in: SignIn,
    /// Proxies whose `X-Forwarded-For` says who asks; without them it is whoever connects.
    pub trusted_proxies: Vec<IpAddr>,
    /// Takes uploads and hands out files; `None`: a bucket does.
    pub blobs: Option<Arc<Local>>,
}

/// What handlers work with.
#[derive(Clone)]
pub(crate) struct Api {
    app: Arc<App>,
    gate: Arc<Gate>,
    addresses: Addresses,
    cookies: Cookies,
    sign_in: Arc<SignIn>,
    seal: Seal,
    ingest_secret: Secret,
    blobs: Option<Arc<Local>>,
}

/// All routes of this function. It has no fallback of its own outside `/api`, `/ingest` and `/l`, so that the one-machine
/// runner may merge it with others.
pub fn router(app: Arc<App>, access: Access) -> Router {
    let api = Api {
        gate: Arc::new(Gate::new(access.admin_token.as_ref())),
        addresses: Addresses::new(access.trusted_proxies),
        cookies: Cookies::new(&app.corp.public_url),
        sign_in: Arc::new(access.sign_in),
        seal: Seal::new(&access.ingest_secret),
        ingest_secret: access.ingest_secret,
        blobs: access.blobs,
        app,
    };
    let framed = from_fn_with_state(api.clone(), frame::frame);
    let (guarded, described) = routes::guarded().split_for_parts();
    let known = query::Known::of(&described, routes::REST);
    // From inside to outside: who asks, with what parameters, what for. The last is each route's own.
    let guarded = guarded
        .fallback(frame::unknown)
        .layer(from_fn_with_state(known, query::check))
        .layer(from_fn_with_state(api.clone(), auth::require));
    let open = Router::from(routes::open()).merge(uploads::tickets::routes());
    let rest = open.merge(guarded);
    let pages = openapi::pages().nest("/v1", rest).fallback(frame::unknown);
    let ingestion = Router::new().nest("/v1", routes::ingestion().into()).fallback(frame::unknown);
    let doors = Router::new().nest("/api", pages).nest("/ingest", ingestion).merge(links::routes());
    doors.layer(framed).with_state(api)
}

/// The OpenAPI document of all this, as `docs/openapi.json` has it.
pub fn openapi() -> String {
    openapi::pretty()
}
