// what is skipped has no labels: `labels`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(labels(team = "a"), skip)]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
