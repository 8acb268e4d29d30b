//! `/sim/`: a page to play both sides with, and the product beside them, read-only. Embedded, no build
//! step, nothing from elsewhere.

mod assets;
mod product;
mod state;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;

use crate::sim::Sim;

pub(crate) fn routes() -> Router<Sim> {
    Router::new()
        .route("/sim", get(|| async { Redirect::permanent("/sim/") }))
        .route("/sim/", get(assets::index))
        .route("/sim/assets/{name}", get(assets::asset))
        .route("/sim/state", get(state::state))
        .route("/sim/product", get(product::product).post(product::product))
}
