// a threshold is more than nothing: `0`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(slo(latency = (0, 99)))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
