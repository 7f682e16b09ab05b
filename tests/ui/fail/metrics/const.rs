// a plain function: `const`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub const fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
