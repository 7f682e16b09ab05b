// an unused parameter is on the parameter: `name`
#![deny(unused)]
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async fn hello(name: String) -> String {
    String::new()
}

fn main() {
    let _ = App::new().service(hello);
}
