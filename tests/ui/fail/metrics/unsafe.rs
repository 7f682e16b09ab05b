// a plain function: `unsafe`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub unsafe fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
