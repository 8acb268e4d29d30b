//! Lambda entry point of the sender: wire once, serve forever.

use app::{config::Worker, wiring};
use cloud::alarm::Woken;
use lambda_runtime::{LambdaEvent, run, service_fn};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init();
    let (aws, settings) = wiring::start::<Worker>().await?;
    let app = &aws.app(&settings)?;
    run(service_fn(async |event: LambdaEvent<Woken>| {
        Ok::<_, lambda_runtime::Error>(sender::handle(app, &event.payload).await?)
    }))
    .await
}
