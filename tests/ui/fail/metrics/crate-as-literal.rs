// the crate is a path: `"metrics_runtime"`
use metrics_runtime::metrics;

#[metrics(crate = "metrics_runtime")]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
