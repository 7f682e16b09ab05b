// a metric has no body: `{`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    #[metric(series = 2)]
    pub fn orders_total(_paid: bool) -> u64 {
        1
    }
}

fn main() {
    shop::orders_total(true);
}
