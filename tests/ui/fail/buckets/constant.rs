// bounds are literals: `SLOW`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

const SLOW: f64 = 1.0;

#[instrument_handler(buckets = [0.1, SLOW])]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
