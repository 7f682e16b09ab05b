// bounds are floats or integers
#![deny(warnings)]
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(buckets = [0.005, 2.5e-1, 1, 10_000])]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

#[test]
fn compiles() {
    let _ = App::new().service(hello);
}
