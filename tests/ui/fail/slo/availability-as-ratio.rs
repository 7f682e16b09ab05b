// an objective is a percentage: `0.999`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(slo(availability = 0.999))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
