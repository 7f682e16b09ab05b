// the attribute is given once: `#[instrument_handler(`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[instrument_handler(labels(team = "greeters"))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
