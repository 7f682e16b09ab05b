#![deny(warnings)]

#[metrics_runtime::metrics(prefix = "types_imported")]
mod shop {
    use metrics_runtime::{Counter, Histogram};

    /// Orders placed.
    pub fn orders_total() -> Counter;
    /// Time waited.
    pub fn wait_seconds() -> Histogram;
}

#[test]
fn compiles() {
    shop::orders_total().inc();
    shop::wait_seconds().observe(0.5);
}
