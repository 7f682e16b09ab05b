// a threshold is finite: `1e999`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(slo(latency = (1e999, 99)))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
