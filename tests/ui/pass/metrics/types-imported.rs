#![deny(warnings)]

#[metrics_runtime::metrics]
mod shop {
    use metrics_runtime::{Counter, Histogram};

    /// Orders placed.
    pub fn orders_total() -> Counter;
    /// Time waited.
    pub fn wait_seconds() -> Histogram;
}

fn main() {
    shop::orders_total().inc();
    shop::wait_seconds().observe(0.5);
}
