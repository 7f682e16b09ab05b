// under `forbid(unsafe_code)` and all lint groups of rustc
//! A documented crate.
#![deny(warnings)]
#![forbid(unsafe_code)]
#![deny(missing_docs, unused, nonstandard_style, rust_2018_idioms)]
#![deny(
    missing_debug_implementations,
    single_use_lifetimes,
    unused_qualifications
)]
#![deny(
    let_underscore_drop,
    redundant_lifetimes,
    unused_results,
    variant_size_differences
)]

use actix_web::{App, get, web};
use metrics_runtime::instrument_handler;

/// An item.
#[instrument_handler(labels(team = "a"))]
#[get("/{id}")]
pub async fn item(id: web::Path<u32>) -> String {
    id.to_string()
}

/// A kept one.
#[instrument_handler(keep_args)]
pub async fn kept(id: web::Path<u32>) -> String {
    id.to_string()
}

/// A generic one.
#[instrument_handler]
pub async fn generic<T: 'static>(_: web::Data<T>) -> String {
    String::new()
}

/// A literal one.
#[instrument_handler(handler = "/literal", buckets = [1.0])]
pub async fn literal() -> Result<String, actix_web::Error> {
    Ok(String::new())
}

#[test]
fn compiles() {
    drop(
        App::new()
            .service(item)
            .route("/kept", web::get().to(kept))
            .route("/literal", web::get().to(literal))
            .route("/generic", web::get().to(generic::<u32>)),
    );
}
