//! One HTTP door for all: WeCom, the API, ingestion, the simulator.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{Redirect, Response},
    routing::get,
};
use wecom_sim::Sim;

use crate::bus::Traffic;

/// All routes. `product` are those whose requests count as under way.
pub(crate) fn router(product: Router, sim: Option<&Sim>, traffic: Arc<Traffic>) -> Router {
    let product = product.layer(from_fn_with_state(traffic, count));
    match sim {
        Some(sim) => product.merge(sim.router()).merge(until_there_is_a_web_app()),
        None => product,
    }
}

/// The addresses of the console and the sidebar, which reminder cards name: the simulator's page plays both.
fn until_there_is_a_web_app() -> Router {
    ["/", "/sidebar", "/sidebar/", "/sidebar/{*page}"].into_iter().fold(Router::new(), |router, path| {
        router.route(path, get(|| async { Redirect::temporary("/sim/") }))
    })
}

async fn count(State(traffic): State<Arc<Traffic>>, request: Request, next: Next) -> Response {
    let running = traffic.begin();
    let response = next.run(request).await;
    drop(running);
    response
}
