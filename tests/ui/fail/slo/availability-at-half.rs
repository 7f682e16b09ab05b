// half of the requests are no objective: `50`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(slo(availability = 50))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
