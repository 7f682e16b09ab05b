// names with two underscores are reserved: `__team`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(labels(__team = "catalog"))]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
