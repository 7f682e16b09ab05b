// reserved names: `le`
use metrics_runtime::metrics;

#[metrics(labels(le = "checkout"))]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
