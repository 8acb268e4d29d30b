//! Lambda entry point of the callback function: wire once, serve forever.

use app::{config::Callback, wiring};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::init();
    let (aws, settings) = wiring::start::<Callback>().await?;
    lambda_http::run(callback::router(aws.intake(&settings), settings.keys)).await
}
