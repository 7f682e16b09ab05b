// at least one bound: `buckets`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    #[metric(buckets = [])]
    pub fn order_items() -> Histogram;
}

fn main() {}
