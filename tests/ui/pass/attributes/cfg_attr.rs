// under `cfg_attr`, and beside `cfg`
#![deny(warnings)]
use actix_web::{App, get};

#[cfg_attr(all(), metrics_runtime::instrument_handler(handler = "/on"))]
#[get("/on")]
async fn on() -> &'static str {
    "on"
}

#[metrics_runtime::instrument_handler]
#[cfg_attr(all(), get("/late"))]
async fn late() -> &'static str {
    "late"
}

#[metrics_runtime::instrument_handler]
#[cfg(any())]
#[get("/off")]
async fn off() -> Unknown {}

#[cfg(any())]
#[metrics_runtime::instrument_handler]
async fn off_below() -> Unknown {}

#[test]
fn compiles() {
    let _ = App::new().service(on).service(late);
}
