// a needless mut is on the pattern: `mut name`
#![deny(unused)]
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async fn hello(mut name: String) -> String {
    name
}

fn main() {
    let _ = App::new().service(hello);
}
