// an objective is given once: `latency`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(slo(latency = (0.3, 99), latency = (1, 99)))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
