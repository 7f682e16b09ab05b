#![deny(warnings)]

#[metrics_runtime::metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> metrics_runtime::Counter;
    /// Orders waiting.
    pub fn waiting() -> ::metrics_runtime::Gauge;
}

fn main() {
    shop::orders_total().inc();
    shop::waiting().set(1.0);
}
