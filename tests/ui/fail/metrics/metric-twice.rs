// one attribute: `metric(zero)`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    #[metric(buckets = [1.0])]
    #[metric(zero)]
    pub fn wait_seconds() -> Histogram;
}

fn main() {}
