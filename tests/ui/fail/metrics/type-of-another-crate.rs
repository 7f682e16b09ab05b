// a counter of another crate: `Counter;`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    use metrics_runtime::prometheus::Counter;

    /// Orders placed.
    pub fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
