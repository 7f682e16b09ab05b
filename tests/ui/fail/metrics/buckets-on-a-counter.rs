// only histograms have buckets: `buckets`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    #[metric(buckets = [1.0])]
    pub fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
