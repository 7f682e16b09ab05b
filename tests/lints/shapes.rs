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
use metrics_runtime::{instrument_handler, instrument_task};
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
#[instrument_handler(handler = "/below/{id}", labels(team = "a"), buckets = [0.1, 1.0], slo(availability = 99.9, latency = (1, 99)))]
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

/// A task.
#[instrument_task]
#[must_use]
pub fn task(number: u32) -> u32 {
    number + 1
}

/// A task that awaits, in one line.
#[instrument_task(task = "awaiting", labels(team = "a"), buckets = [0.1, 1.0], every = 60.0)]
pub async fn awaiting(number: u32) -> u32 {
    core::future::ready(number).await
}

/// A task that fails.
///
/// # Errors
/// Always.
#[instrument_task(slo(availability = 99, duration = (60.0, 95)))]
#[tracing::instrument]
pub async fn failing_task(number: u32) -> std::io::Result<u32> {
    const LIMIT: u32 = 1;
    core::future::ready(()).await;
    if number > LIMIT {
        return Ok(number);
    }
    Err(std::io::ErrorKind::NotFound.into())
}

/// A task that returns what it does not name.
#[instrument_task(error_if = is_odd)]
pub fn unnamed<T>(items: &[T]) -> impl Iterator<Item = &T>
where
    T: core::fmt::Debug,
{
    items.iter()
}

const fn is_odd<T>(_: &T) -> bool {
    false
}

/// A task without end.
#[instrument_task]
pub async fn endless() -> ! {
    loop {
        core::future::pending::<()>().await;
    }
}

/// Has a method.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Loader {
    id: u32,
}

impl Loader {
    /// A method.
    #[instrument_task]
    pub async fn load(&mut self, id: u32) {
        self.id = core::future::ready(id).await;
    }
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

/// Where an order came from.
#[derive(Debug, Clone, Copy, metrics_runtime::LabelValue)]
#[non_exhaustive]
pub enum Channel {
    /// On the web.
    Web,
    /// By telephone.
    #[label("phone")]
    CallCenter,
    /// Anything else.
    #[label(other)]
    Other,
}

metrics_runtime::label_values! {
    /// Who ordered.
    pub Tenant: 5,
    /// Where they are.
    Region: 2
}

/// The shop's metrics.
#[metrics_runtime::metrics(prefix = "shop", labels(team = "checkout"))]
pub mod shop {
    use super::{Channel, Region, Tenant};
    use metrics_runtime::Outcome;

    /// Orders placed.
    pub fn orders_total(channel: Channel, paid: bool, tenant: Tenant) -> Counter;
    /// Orders placed in a region.
    fn region_orders_total(region: Region) -> Counter;
    /// Money taken.
    pub fn revenue_dollars_total() -> FloatCounter;
    /// Orders waiting.
    pub fn queue_length() -> Gauge;
    /// Orders being packed.
    pub fn packing() -> UpDown;
    /// Time to charge a card.
    #[metric(buckets = [0.05, 0.3, 1.0], zero)]
    pub fn charge_duration_seconds(channel: Channel, outcome: Outcome) -> Histogram;
    /// Bytes of receipts.
    pub fn receipt_size_bytes() -> Summary;
    /// What runs.
    pub fn build_info(version: &'static str) -> Info;

    /// Records something everywhere.
    pub fn record() {
        let _packing = packing().enter();
        orders_total(Channel::Web, true, Tenant::of("acme")).inc();
        region_orders_total(Region::of("eu")).inc();
        revenue_dollars_total().inc_by(0.5);
        queue_length().set(1.0);
        charge_duration_seconds(Channel::of("phone"), Outcome::Ok).observe(0.2);
        receipt_size_bytes().observe(100.0);
        build_info("1").set();
    }
}
