// nothing is always available: `100.0`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(slo(availability = 100.0))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
