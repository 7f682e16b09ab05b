// options stand together, with a comma at the end
#![deny(warnings)]
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(
    handler = "/hello",
    labels(team = "catalog"),
    buckets = [0.1, 1.0],
    slo(availability = 99.9, latency = (1.0, 99)),
    keep_args,
    crate = metrics_runtime,
)]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

#[test]
fn compiles() {
    let _ = App::new().service(hello);
}
