// the path follows an equals sign: `crate`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(crate)]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
