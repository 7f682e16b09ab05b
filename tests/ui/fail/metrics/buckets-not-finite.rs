// bounds are literals, finite: `f64::INFINITY` `1e999`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    #[metric(buckets = [1.0, f64::INFINITY, 1e999])]
    pub fn order_items() -> Histogram;
}

fn main() {}
