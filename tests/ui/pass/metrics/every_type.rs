#![deny(warnings)]
use metrics_runtime::metrics;

#[metrics(prefix = "every_type")]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> Counter;
    /// Money taken.
    pub fn revenue_dollars_total() -> FloatCounter;
    /// Orders waiting.
    pub fn queue_length() -> Gauge;
    /// Orders being packed.
    pub fn packing() -> UpDown;
    /// Time to charge a card.
    pub fn charge_duration_seconds() -> Histogram;
    /// Bytes of receipts.
    pub fn receipt_size_bytes() -> Summary;
    /// What runs.
    pub fn build_info(version: &'static str) -> Info;
}

#[test]
fn compiles() {
    shop::orders_total().inc();
    shop::revenue_dollars_total().inc_by(0.5);
    shop::queue_length().set(3.0);
    let _packing = shop::packing().enter();
    shop::charge_duration_seconds().start().discard();
    shop::receipt_size_bytes().observe(3.0);
    shop::build_info("1.2").set();
    assert_eq!(shop::orders_total().get(), 1);
}
