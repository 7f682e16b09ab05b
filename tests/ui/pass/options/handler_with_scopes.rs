// a label may name the scopes before the route
#![deny(warnings)]
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(handler = "/api/v1/hello")]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

#[test]
fn compiles() {
    let _ = App::new().service(hello);
}
