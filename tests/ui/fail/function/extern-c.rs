// actix calls functions of Rust: `extern "C"`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler]
#[get("/hello")]
async extern "C" fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
