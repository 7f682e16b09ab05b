// a label name starts with no digit: `9lives`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(labels(9lives = "cat"))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
