// a metric has a type: `u64`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> u64;
}

fn main() {
    shop::orders_total().inc();
}
