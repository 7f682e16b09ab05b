#![deny(warnings)]
use metrics_runtime::{label_values, metrics};

label_values! {
    pub Tenant: 299
}

#[metrics(prefix = "options")]
mod shop {
    use super::Tenant;

    /// Items of an order.
    #[metric(buckets = [0, 1, 2.5, 1e1, 1_000], zero, series = 300)]
    pub fn order_items(tenant: Tenant) -> Histogram;
    #[metric(zero)]
    /// Bytes of receipts.
    pub fn receipt_size_bytes() -> Summary;
    #[metric(series = 2)]
    /// Orders placed.
    pub fn orders_total(paid: bool) -> Counter;
    #[metric()]
    /// Orders waiting.
    pub fn waiting() -> Gauge;
}

#[test]
fn compiles() {
    shop::order_items(Tenant::of("acme")).observe(3.0);
    shop::receipt_size_bytes().observe(3.0);
    shop::orders_total(true).inc();
    shop::waiting().add(1.0);
}
