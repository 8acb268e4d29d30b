//! Lambda entry point of the API function: wire once, serve forever.

use api::{Access, SignIn};
use app::{config::Api, wiring};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::init();
    let (aws, settings) = wiring::start::<Api>().await?;
    let app = aws.app(&settings.worker)?;
    let access = Access {
        admin_token: settings.admin_token,
        ingest_secret: settings.ingest_secret,
        sign_in: SignIn { base: None, dev: false },
        // API Gateway says itself who asks.
        trusted_proxies: Vec::new(),
        blobs: None,
    };
    lambda_http::run(api::router(app, access)).await
}
