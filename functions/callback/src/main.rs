//! Lambda entry point of the callback function: wire once, serve forever.

use app::App;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::init();
    let deployed = App::from_env()?;
    lambda_http::run(callback::router(deployed.app, deployed.config.callback)).await
}
