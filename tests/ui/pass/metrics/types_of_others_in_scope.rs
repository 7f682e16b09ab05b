#![deny(warnings)]
use metrics_runtime::prometheus::{Counter, Gauge, core::Collector};

/// An order in short.
pub struct Summary;

#[metrics_runtime::metrics(prefix = "types_of_others_in_scope")]
mod shop {
    use super::*;

    /// Orders placed.
    pub fn orders_total() -> Counter;
    /// Bytes of receipts.
    pub fn receipt_size_bytes() -> Summary;

    /// Names of others keep their meaning outside the metrics.
    pub fn summary() -> super::Summary {
        Summary
    }
}

#[test]
fn compiles() {
    shop::orders_total().inc();
    shop::receipt_size_bytes().observe(1.0);
    let _: Summary = shop::summary();
    let counter = Counter::new("a_total", "A.").unwrap();
    let gauge = Gauge::new("b", "B.").unwrap();
    assert_eq!(counter.desc().len() + gauge.desc().len(), 2);
}
