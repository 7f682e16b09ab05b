// a handler returns a responder: `Option<u64>`
use actix_web::{App, web};
use metrics_runtime::instrument_handler;

#[instrument_handler]
async fn hello() -> Option<u64> {
    Some(42)
}

fn main() {
    let _ = App::new().service(web::resource("/hello").to(hello));
}
