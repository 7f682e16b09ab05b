// buckets are a list: `1.0`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    #[metric(buckets = 1.0)]
    pub fn order_items() -> Histogram;
}

fn main() {}
