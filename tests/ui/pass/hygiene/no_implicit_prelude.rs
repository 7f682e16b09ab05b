// without the prelude
#![deny(warnings)]
#![no_implicit_prelude]

use ::actix_web::{App, HttpResponse, web::Json};
use ::metrics_runtime::instrument_handler;

#[instrument_handler(handler = "/", labels(team = "a"), buckets = [0.1], slo(availability = 99.9, latency = (0.1, 99)))]
async fn create(name: Json<u8>) -> ::core::result::Result<HttpResponse, ::actix_web::Error> {
    ::core::mem::drop(name);
    ::core::result::Result::Ok(HttpResponse::Ok().finish())
}

#[instrument_handler(keep_args)]
async fn kept(name: Json<u8>) -> HttpResponse {
    ::core::mem::drop(name);
    HttpResponse::Ok().finish()
}

#[::core::prelude::v1::test]
fn compiles() {
    let _ = App::new()
        .route("/", ::actix_web::web::post().to(create))
        .route("/kept", ::actix_web::web::get().to(kept));
}
