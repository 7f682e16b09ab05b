// a value is a string literal: `7`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(labels(team = 7))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
