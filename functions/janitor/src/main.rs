//! Lambda entry point of the janitor: wire once, serve forever.

use app::App;
use janitor::Tick;
use lambda_runtime::{LambdaEvent, run, service_fn};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init();
    let app = &App::from_env()?.app;
    run(service_fn(async |event: LambdaEvent<Tick>| {
        Ok::<_, lambda_runtime::Error>(janitor::handle(app, &event.payload).await?)
    }))
    .await
}
