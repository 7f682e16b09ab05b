// a handle counts nothing by itself: `shop::orders_total();`
#![deny(unused_must_use)]
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total();
}
