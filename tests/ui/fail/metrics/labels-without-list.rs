// labels are a list: `labels`
use metrics_runtime::metrics;

#[metrics(labels = "checkout")]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
