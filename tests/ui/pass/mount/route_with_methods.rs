// `#[route]` with several methods
#![deny(warnings)]
use actix_web::{App, route};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[route("/hello", method = "GET", method = "PURGE")]
async fn hello() -> &'static str {
    "hello"
}

#[test]
fn compiles() {
    let _ = App::new().service(hello);
}
