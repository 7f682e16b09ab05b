//! Every shape of handler under nearly every lint: `cargo clippy` warns of none, so our expansion causes none.

#![forbid(unsafe_code)]
#![deny(missing_docs, unused, warnings)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
#![deny(
    missing_debug_implementations,
    single_use_lifetimes,
    unused_qualifications,
    variant_size_differences,
    let_underscore_drop
)]
#![deny(
    clippy::allow_attributes,
    clippy::as_conversions,
    clippy::clone_on_ref_ptr,
    clippy::indexing_slicing,
    clippy::min_ident_chars,
    clippy::panic,
    clippy::pattern_type_mismatch,
    clippy::shadow_unrelated,
    clippy::unwrap_used
)]
// actix puts a routed handler into another function, ours or not.
#![allow(unreachable_pub)]

use actix_web::{
    Either, Error, HttpResponse, Responder, Result, get, post, routes,
    web::{Data, Json, Path, Query},
};
use metrics_runtime::instrument_handler;
use serde::{Deserialize, Serialize};

/// An item.
#[derive(Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Item {
    id: u32,
}

/// Above its route.
#[instrument_handler]
#[get("/above/{id}")]
pub async fn above(id: Path<u32>) -> String {
    id.to_string()
}

/// Below its route.
#[get("/below/{id}")]
#[instrument_handler(handler = "/below/{id}", labels(team = "a"), buckets = [0.1, 1.0])]
pub async fn below(id: Path<u32>) -> String {
    id.to_string()
}

/// On two routes.
#[instrument_handler]
#[routes]
#[get("/two")]
#[get("/deux")]
pub async fn two() -> &'static str {
    "two"
}

/// Mounted by hand.
#[instrument_handler]
pub async fn by_hand(Query(Item { id }): Query<Item>, mut body: String) -> impl Responder {
    body.push_str(&id.to_string());
    body
}

/// Fails.
///
/// # Errors
/// Always.
#[instrument_handler]
pub async fn fails() -> Result<Json<Item>> {
    Err(actix_web::error::ErrorNotFound("no item"))
}

/// Fails in several ways.
#[instrument_handler]
pub async fn fails_in_several_ways() -> Either<Result<Result<String>, Error>, HttpResponse> {
    Either::Left(Ok(Err(actix_web::error::ErrorGone("gone"))))
}

/// Generic.
#[instrument_handler]
pub async fn generic<T>(item: Data<T>) -> HttpResponse
where
    T: ToString + 'static,
{
    HttpResponse::Ok().body(item.to_string())
}

/// Callable.
#[instrument_handler(keep_args)]
pub async fn callable(id: Path<u32>) -> String {
    id.to_string()
}

/// Skipped.
#[instrument_handler(skip)]
pub async fn skipped() -> &'static str {
    "skipped"
}

/// Skipped, whatever it takes.
#[instrument_handler(skip, keep_args)]
pub async fn skipped_whatever(id: Path<u32>) -> String {
    id.to_string()
}

/// Traced.
#[instrument_handler]
#[post("/traced")]
#[tracing::instrument(skip_all)]
pub async fn traced(item: Json<Item>) -> Json<Item> {
    item
}

/// Awaits.
#[instrument_handler]
pub async fn awaits(id: Path<u32>) -> HttpResponse {
    core::future::ready(()).await;
    HttpResponse::Ok().body(id.to_string())
}

#[cfg(test)]
mod tests {
    use actix_web::{App, web};

    #[test]
    fn mounted() {
        let app = App::new()
            .service(super::above)
            .service(super::below)
            .service(super::two)
            .service(super::traced)
            .route("/by_hand", web::post().to(super::by_hand))
            .route("/fails", web::get().to(super::fails))
            .route("/ways", web::get().to(super::fails_in_several_ways))
            .route("/whatever", web::get().to(super::skipped_whatever))
            .route("/generic", web::get().to(super::generic::<String>))
            .route("/callable", web::get().to(super::callable))
            .route("/skipped", web::get().to(super::skipped))
            .route("/awaits", web::get().to(super::awaits));
        drop(app);
    }
}
