// objectives stand alone, together, and beside buckets that have the threshold
#![deny(warnings)]
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(slo(availability = 99.9))]
#[get("/available")]
async fn available() -> &'static str {
    "available"
}

#[instrument_handler(slo(latency = (1, 99,)))]
#[get("/fast")]
async fn fast() -> &'static str {
    "fast"
}

#[instrument_handler(buckets = [0.1, 0.3, 1], slo(latency = (0.3, 99), availability = 99.95,))]
#[get("/both")]
async fn both() -> &'static str {
    "both"
}

#[test]
fn main() {
    let _ = App::new().service(available).service(fast).service(both);
}
