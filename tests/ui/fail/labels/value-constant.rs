// a value is a string literal: `TEAM`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

const TEAM: &str = "catalog";

#[instrument_handler(labels(team = TEAM))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
