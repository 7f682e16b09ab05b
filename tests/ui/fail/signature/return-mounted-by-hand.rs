// a handler returns a responder: `u64`
use actix_web::{App, web};
use metrics_runtime::instrument_handler;

#[instrument_handler]
async fn hello() -> u64 {
    42
}

fn main() {
    let _ = App::new().route("/hello", web::get().to(hello));
}
