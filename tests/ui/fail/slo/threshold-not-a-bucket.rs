// a threshold is one of the literal buckets: `0.3`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(buckets = [0.1, 0.5], slo(latency = (0.3, 99)))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
