// a value is one literal: `concat!("a", "b")`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(labels(team = concat!("a", "b")))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
