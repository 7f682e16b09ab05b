// only histograms have buckets: `buckets`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    #[metric(buckets = [1.0])]
    pub fn receipt_bytes() -> Summary;
}

fn main() {}
