//! Lambda entry point of the janitor: wire once, serve forever.

use app::{config::Janitor, wiring};
use janitor::Tick;
use lambda_runtime::{LambdaEvent, run, service_fn};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init();
    let (aws, settings) = wiring::start::<Janitor>().await?;
    let app = &aws.app(&settings.worker)?;
    app.first_settings(settings.timezone).await?;
    app.first_staff_sync().await?;
    run(service_fn(async |event: LambdaEvent<Tick>| {
        Ok::<_, lambda_runtime::Error>(janitor::handle(app, &event.payload).await?)
    }))
    .await
}
