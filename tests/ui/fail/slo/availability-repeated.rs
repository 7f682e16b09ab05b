// an objective is given once: `availability`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(slo(latency = (0.3, 99), availability = 99, availability = 99.9))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
