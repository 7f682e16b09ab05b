// a label name is not taken: `status`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(labels(status = "catalog"))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
