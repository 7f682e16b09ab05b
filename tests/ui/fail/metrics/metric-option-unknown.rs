// unknown option `bucket`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    #[metric(bucket = [1.0])]
    pub fn wait_seconds() -> Histogram;
}

fn main() {}
