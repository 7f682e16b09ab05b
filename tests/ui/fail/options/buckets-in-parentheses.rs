// buckets follow an equals sign: `buckets`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(buckets(0.1, 0.5))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
