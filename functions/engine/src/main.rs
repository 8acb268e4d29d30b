//! Lambda entry point of the engine: wire once, serve forever.

use app::{config::Worker, wiring};
use cloud::bus::Message;
use lambda_runtime::{LambdaEvent, run, service_fn};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init();
    let (aws, settings) = wiring::start::<Worker>().await?;
    let app = &aws.app(&settings)?;
    run(service_fn(async |event: LambdaEvent<Message>| {
        Ok::<_, lambda_runtime::Error>(engine::handle(app, &event.payload).await?)
    }))
    .await
}
