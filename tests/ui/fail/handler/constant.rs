// a label is a string literal: `LABEL`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

const LABEL: &str = "/hello";

#[instrument_handler(handler = LABEL)]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
