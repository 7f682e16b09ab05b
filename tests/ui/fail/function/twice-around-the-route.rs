// the attribute is given once: `#[metrics_runtime::instrument_handler]`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
#[metrics_runtime::instrument_handler]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
