// each handler tells its own mistake: `"hello"`, `"world"`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(handler = "hello")]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

#[instrument_handler(handler = "world")]
#[get("/world")]
async fn world() -> &'static str {
    "world"
}

fn main() {
    let _ = App::new().service(hello).service(world);
}
