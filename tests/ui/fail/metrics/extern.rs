// a plain function: `extern`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub extern "C" fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
