// bounds are a list: `0.1`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(buckets = 0.1)]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
