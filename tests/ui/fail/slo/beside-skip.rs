// what is skipped has no objectives: `slo`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(skip, slo(availability = 99.9))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
