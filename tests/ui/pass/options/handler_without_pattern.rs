// a label may leave out a parameter's pattern
#![deny(warnings)]
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(handler = "/items/{id}")]
#[get("/items/{id:[0-9]{1,8}}")]
async fn hello() -> &'static str {
    "hello"
}

#[test]
fn compiles() {
    let _ = App::new().service(hello);
}
