// a label may be a raw string
#![deny(warnings)]
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(handler = r#"/items/{id:\d+}"#)]
#[get("/items/{id:\\d+}")]
async fn hello() -> &'static str {
    "hello"
}

#[test]
fn compiles() {
    let _ = App::new().service(hello);
}
