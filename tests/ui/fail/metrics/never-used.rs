// a metric that nothing records: `orders_total`
#![deny(dead_code)]
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> Counter;
}

fn main() {}
