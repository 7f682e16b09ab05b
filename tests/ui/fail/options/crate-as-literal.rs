// the runtime crate is a path: `"metrics_runtime"`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(crate = "metrics_runtime")]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
