// a function's name: `|_| true`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(label(mobile: bool = |_| true))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
