// the runtime crate may be elsewhere
#![deny(warnings)]
use actix_web::{App, get};
use shop::metrics::instrument_handler;

mod shop {
    pub use metrics_runtime as metrics;
}

#[instrument_handler(crate = crate::options::crate_path::shop::metrics)]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

#[test]
fn compiles() {
    let _ = App::new().service(hello);
}
