#![no_implicit_prelude]
#![deny(warnings)]

mod core {}
pub mod metrics {
    pub use ::metrics_runtime as runtime;
}

#[derive(metrics::runtime::LabelValue)]
#[label(crate = crate::request_label::hygiene::metrics::runtime)]
#[allow(non_camel_case_types)]
enum __LABELS {
    __request,
    Other,
}

fn found(_: &::actix_web::HttpRequest) -> __LABELS {
    __LABELS::__request
}

fn request(_: &::actix_web::HttpRequest) -> __LABELS {
    __LABELS::Other
}

#[metrics::runtime::instrument_handler(
    crate = crate::request_label::hygiene::metrics::runtime,
    label(combination: __LABELS = request, again: __LABELS = found)
)]
async fn hello() -> &'static str {
    "hello"
}

#[::core::prelude::v1::test]
fn compiles() {
    let _ = ::actix_web::App::new().route("/", ::actix_web::web::get().to(hello));
}
