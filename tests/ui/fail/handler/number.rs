// a label is a string literal: `42`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(handler = 42)]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
