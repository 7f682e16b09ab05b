// beside `skip`, `keep_args` keeps a function without parameters callable
#![deny(warnings)]
use actix_web::{App, get, rt::System, web};
use metrics_runtime::instrument_handler;

#[instrument_handler(skip, keep_args)]
#[get("/service/{number}")]
async fn service(number: web::Path<u32>) -> String {
    number.to_string()
}

#[instrument_handler(skip, keep_args)]
async fn health() -> &'static str {
    "up"
}

#[test]
fn main() {
    let _ = App::new()
        .service(service)
        .route("/health", web::get().to(health));
    let text = System::new().block_on(async { health().await.into_inner() });
    assert_eq!(text, "up");
}
