// the runtime crate exists: `nowhere`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(crate = nowhere)]
#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

fn main() {
    let _ = App::new().service(hello);
}
