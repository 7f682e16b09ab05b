#![deny(warnings)]
use metrics_runtime::{metrics, value};

#[metrics(
    prefix = "prefix_and_labels_shop",
    labels(team = "checkout", type = "core")
)]
mod orders {
    /// Orders placed.
    pub fn orders_total(paid: bool) -> Counter;
}

#[test]
fn compiles() {
    orders::orders_total(true).inc();
    let labels = [("team", "checkout"), ("type", "core"), ("paid", "true")];
    assert_eq!(
        value("prefix_and_labels_shop_orders_total", &labels),
        Some(1.0)
    );
}
