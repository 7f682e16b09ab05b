// unreachable code is on the expression: `String::from("there")`
#![deny(unreachable_code)]
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async fn hello() -> String {
    return String::from("hello");
    String::from("there")
}

fn main() {
    let _ = App::new().service(hello);
}
