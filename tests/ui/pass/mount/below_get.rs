// the attribute may stand below the route
#![deny(warnings)]
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[get("/hello")]
#[instrument_handler]
async fn hello() -> &'static str {
    "hello"
}

#[test]
fn compiles() {
    let _ = App::new().service(hello);
}
