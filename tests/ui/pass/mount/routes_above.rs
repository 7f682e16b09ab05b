// `#[routes]` with us above
#![deny(warnings)]
use actix_web::{App, routes};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[routes]
#[get("/hello")]
#[head("/hi")]
async fn hello() -> &'static str {
    "hello"
}

#[test]
fn compiles() {
    let _ = App::new().service(hello);
}
