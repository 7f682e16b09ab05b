// the attribute may stand between others
#![deny(warnings)]
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[doc = "Greets."]
#[instrument_handler]
#[allow(unused_variables)]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

#[test]
fn compiles() {
    let _ = App::new().service(hello);
}
