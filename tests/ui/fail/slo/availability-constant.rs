// an objective is a literal: `TARGET`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

const TARGET: f64 = 99.9;

#[instrument_handler(slo(availability = TARGET))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
