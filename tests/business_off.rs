//! Business metrics with `ENABLE_METRICS=false`, which is process-wide.

use actix_web::{App, test};
use metrics_runtime::{
    Config, Format, Outcome, init, metrics, metrics_scope, registry, render, value,
};

#[metrics]
mod shop {
    use super::Outcome;

    /// Orders placed.
    pub(super) fn orders_total(paid: bool) -> Counter;
    /// Money taken.
    pub(super) fn revenue_dollars_total() -> FloatCounter;
    /// Orders waiting.
    pub(super) fn queue_length() -> Gauge;
    /// Stock.
    pub(super) fn stock_items() -> Gauge;
    /// Orders being packed.
    pub(super) fn packing() -> UpDown;
    /// Time to charge a card.
    #[metric(zero)]
    pub(super) fn charge_duration_seconds(outcome: Outcome) -> Histogram;
    /// Bytes of receipts.
    #[metric(zero)]
    pub(super) fn receipt_size_bytes() -> Summary;
    /// What runs.
    pub(super) fn build_info(version: &'static str) -> Info;
}

fn record() {
    shop::orders_total(true).inc();
    shop::revenue_dollars_total().inc_by(0.5);
    shop::queue_length().set(1.0);
    shop::stock_items().read_by(|| 2.0);
    shop::charge_duration_seconds(Outcome::Ok).observe(0.2);
    shop::charge_duration_seconds(Outcome::Ok).start().discard();
    shop::receipt_size_bytes().observe(100.0);
    shop::build_info("1").set();
}

#[actix_web::test]
async fn nothing_is_recorded_and_nothing_is_shown() {
    record();
    let entered_before = shop::packing().enter();
    init(Config::builder().enabled(false).build().expect("valid")).expect("the first");
    record();
    let entered_after = shop::packing().enter();
    assert_eq!(shop::packing().get(), 0);
    drop(entered_before);
    drop(entered_after);
    assert_eq!(shop::queue_length().get(), None);
    assert_eq!(shop::stock_items().get(), None);
    assert_eq!(shop::revenue_dollars_total().get(), 0.0);
    assert_eq!(shop::receipt_size_bytes().count(), 0);
    drop(shop::charge_duration_seconds(Outcome::Ok).start());
    assert_eq!(
        shop::charge_duration_seconds(Outcome::Ok)
            .time(async { 1 })
            .await,
        1
    );
    assert_eq!(shop::orders_total(true).get(), 0);
    assert_eq!(shop::packing().get(), 0);
    assert_eq!(shop::charge_duration_seconds(Outcome::Ok).count(), 0);
    assert_eq!(value("orders_total", &[("paid", "true")]), None);
    assert!(!render(Format::Text).contains("orders_total"));
    assert!(
        registry()
            .gather()
            .iter()
            .all(|family| !family.name().contains("orders"))
    );
    let app = test::init_service(App::new().service(metrics_scope())).await;
    let request = test::TestRequest::get().uri("/metrics").to_request();
    let response = test::call_service(&app, request).await;
    assert_eq!(response.status(), 404);
}
