// a type error is on the last expression: `42`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async fn hello() -> String {
    42
}

fn main() {
    let _ = App::new().service(hello);
}
