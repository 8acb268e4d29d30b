//! Lambda entry point of the API function: wire once, serve forever.

use api::Access;
use app::App;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::init();
    let deployed = App::from_env()?;
    let access =
        Access { admin_token: deployed.config.admin_token, ingest_secret: deployed.config.ingest_secret };
    lambda_http::run(api::router(deployed.app, access)).await
}
