// handlers have two objectives: `duration`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(slo(duration = (60.0, 95)))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
