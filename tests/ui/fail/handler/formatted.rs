// a label is a string literal: `format!("/hello/{}", 1)`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(handler = format!("/hello/{}", 1))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
