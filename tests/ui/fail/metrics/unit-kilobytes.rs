// base units: `receipt_kilobytes(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    #[metric(buckets = [1])]
    pub fn receipt_kilobytes() -> Histogram;
}

fn main() {}
