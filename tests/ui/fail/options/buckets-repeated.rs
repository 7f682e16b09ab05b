// an option is given once: `buckets`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(buckets = [1.0], buckets = [1.0])]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
