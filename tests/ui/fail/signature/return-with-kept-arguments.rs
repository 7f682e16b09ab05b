// a handler returns a responder: `u64`
use actix_web::{App, get};
use metrics_runtime::instrument_handler;

#[instrument_handler(keep_args)]
#[get("/hello")]
async fn hello() -> u64 {
    42
}

fn main() {
    let _ = App::new().service(hello);
}
