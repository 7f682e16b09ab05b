// series is a number: `"many"`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    #[metric(series = "many")]
    pub fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
