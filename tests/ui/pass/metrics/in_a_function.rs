#![deny(warnings)]

#[test]
fn compiles() {
    #[metrics_runtime::metrics(prefix = "in_a_function")]
    mod local {
        /// Orders placed.
        pub fn orders_total(paid: bool) -> Counter;
    }
    local::orders_total(true).inc();
    assert_eq!(local::orders_total(true).get(), 1);
}
