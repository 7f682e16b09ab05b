#![deny(warnings)]

#[metrics_runtime::metrics(prefix = "deprecated")]
mod shop {
    /// Orders placed.
    #[deprecated = "use `sales_total`"]
    pub fn orders_total() -> Counter;
}

#[test]
fn compiles() {
    #[allow(deprecated)]
    shop::orders_total().inc();
}
