// a plain function: `async`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub async fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
