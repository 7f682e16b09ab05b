// actix calls no unsafe function: `unsafe`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async unsafe fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
