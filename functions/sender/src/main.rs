//! Lambda entry point of the sender: wire once, serve forever.

use app::App;
use cloud::alarm::Woken;
use lambda_runtime::{LambdaEvent, run, service_fn};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init();
    let app = &App::from_env()?.app;
    run(service_fn(async |event: LambdaEvent<Woken>| {
        Ok::<_, lambda_runtime::Error>(sender::handle(app, &event.payload).await?)
    }))
    .await
}
