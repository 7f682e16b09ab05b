// mounted by `to`, twice, and on a resource
#![deny(warnings)]
use actix_web::{App, web};
use metrics_runtime::instrument_handler;

#[instrument_handler]
async fn hello() -> &'static str {
    "hello"
}

#[test]
fn compiles() {
    let _ = App::new()
        .route("/hello", web::get().to(hello))
        .service(web::scope("/{language}").route("/hello", web::get().to(hello)))
        .service(web::resource("/hi").to(hello))
        .default_service(web::to(hello));
}
