// an unused variable is on the variable: `unused`
#![deny(unused)]
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async fn hello() -> String {
    let unused = 42;
    String::new()
}

fn main() {
    let _ = App::new().service(hello);
}
