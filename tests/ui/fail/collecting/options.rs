// all mistakes of an attribute are told at once: `colour`, `"hello"`, `le`, `team`, `0.1`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(
    colour = "red",
    handler = "hello",
    labels(le = "x", team = "a", team = "b"),
    buckets = [0.5, 0.1],
)]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
