#![deny(warnings)]
use metrics_runtime::{metrics, value};

#[metrics(prefix = "shop", labels(team = "checkout", type = "core"))]
mod orders {
    /// Orders placed.
    pub fn orders_total(paid: bool) -> Counter;
}

fn main() {
    orders::orders_total(true).inc();
    let labels = [("team", "checkout"), ("type", "core"), ("paid", "true")];
    assert_eq!(value("shop_orders_total", &labels), Some(1.0));
}
