// what is skipped has no buckets: `buckets`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(skip, buckets = [1.0])]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
