// an option is given once: `labels`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(labels(team = "a"), labels(tier = "b"))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
