#![deny(warnings)]

#[metrics_runtime::metrics]
mod shop {
    /// Orders placed.
    #[deprecated = "use `sales_total`"]
    pub fn orders_total() -> Counter;
}

fn main() {
    #[allow(deprecated)]
    shop::orders_total().inc();
}
