//! REST for console, sidebar and scripts under `/api/v1`, and event ingestion at `/ingest/v1/events`.
//!
//! An edge and nothing more: it reads requests, checks who asks, hands a signal to [`App::handle`] or reads the store,
//! and shows what came of it. What a change means is decided in `domain`. Start with [`router`], then [`problem`] (how
//! refusals look) and [`act`] (how a request becomes a signal).

mod act;
mod address;
mod answer;
mod auth;
mod boards;
mod body;
mod customers;
mod enrollments;
mod frame;
mod ingest;
mod page;
mod precondition;
mod problem;
mod rules;
mod settings;
mod sops;
mod staff;
mod tags;
mod tasks;
mod timeline;
mod undo;
mod view;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use app::{App, config::Secret};
use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, post, put},
};

use auth::Gate;
use page::Seal;

/// Who may come in.
#[derive(Clone, Debug)]
pub struct Access {
    /// The bearer token with role admin, for scripts; none: none is valid.
    pub admin_token: Option<Secret>,
    /// Signs ingested events.
    pub ingest_secret: Secret,
}

/// What handlers work with.
#[derive(Clone)]
pub(crate) struct Api {
    app: Arc<App>,
    gate: Arc<Gate>,
    seal: Seal,
    ingest_secret: Secret,
}

/// All routes of this function. It has no fallback of its own outside `/api` and `/ingest`, so that the one-machine
/// runner may merge it with others.
pub fn router(app: Arc<App>, access: Access) -> Router {
    let api = Api {
        app,
        gate: Arc::new(Gate::new(access.admin_token.as_ref())),
        seal: Seal::new(&access.ingest_secret),
        ingest_secret: access.ingest_secret,
    };
    let framed = from_fn_with_state(api.clone(), frame::frame);
    let inside = Router::new()
        .nest("/v1", resources().layer(from_fn_with_state(api.clone(), auth::require)))
        .fallback(frame::unknown)
        .layer(framed.clone());
    let ingestion =
        Router::new().route("/v1/events", post(ingest::events)).fallback(frame::unknown).layer(framed);
    Router::new().nest("/api", inside).nest("/ingest", ingestion).with_state(api)
}

fn resources() -> Router<Api> {
    Router::new()
        .route("/customers/{id}", get(customers::read))
        .route("/customers/{id}/timeline", get(timeline::read))
        .route("/customers/{id}/enrollments", get(enrollments::of_customer))
        .route("/customers/{id}/stage", put(customers::stage::put))
        .route("/customers/{id}/tags", post(customers::tags::edit))
        .route("/boards", get(boards::list))
        .route("/boards/{id}", get(boards::read).put(boards::create))
        .route("/boards/{id}/cards", get(boards::cards::list))
        .route("/tags", get(tags::list))
        .route("/rules", get(rules::list))
        .route("/rules/{id}", get(rules::read).put(rules::write).delete(rules::delete))
        .route("/sops", get(sops::list))
        .route("/sops/{id}", get(sops::read).put(sops::write))
        .route("/sops/{id}/publish", post(sops::publish))
        .route("/sops/{id}/enrollments", get(enrollments::of_sop))
        .route("/tasks", get(tasks::list))
        .route("/tasks/{id}", get(tasks::read))
        .route("/tasks/{id}/sent", post(tasks::sent))
        .route("/tasks/{id}/skip", post(tasks::skip))
        .route("/undo", post(undo::undo))
        .route("/staff", get(staff::list))
        .route("/staff/{userid}", get(staff::read).put(staff::write))
        .route("/settings", get(settings::read).put(settings::write))
        .fallback(frame::unknown)
}
