// bounds increase: `1.0, 5.0` `5.0]`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    #[metric(buckets = [2.0, 1.0, 5.0, 5.0])]
    pub fn order_items() -> Histogram;
}

fn main() {}
