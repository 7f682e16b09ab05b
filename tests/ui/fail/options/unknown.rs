// an option is one that exists: `colour`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(colour = "red")]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
