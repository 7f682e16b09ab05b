// a label name is not taken: `exception_type`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(labels(exception_type = "catalog"))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
