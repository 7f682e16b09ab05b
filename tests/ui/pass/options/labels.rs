// labels are names and literals
#![deny(warnings)]
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(labels(team = "catalog", _tier = "1"))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

#[test]
fn compiles() {
    let _ = App::new().service(hello);
}
