// a latency has a threshold and a percentage: `0.3`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(slo(latency = 0.3))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
