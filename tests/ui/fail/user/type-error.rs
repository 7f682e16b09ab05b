// a type error is on the value: `42`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async fn hello() -> String {
    let greeting: String = 42;
    greeting
}

fn main() {
    let _ = App::new().service(hello);
}
