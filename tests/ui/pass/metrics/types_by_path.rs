#![deny(warnings)]

#[metrics_runtime::metrics(prefix = "types_by_path")]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> metrics_runtime::Counter;
    /// Orders waiting.
    pub fn waiting() -> ::metrics_runtime::Gauge;
}

#[test]
fn compiles() {
    shop::orders_total().inc();
    shop::waiting().set(1.0);
}
