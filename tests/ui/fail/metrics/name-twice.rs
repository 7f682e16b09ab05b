// one metric a name: `orders_total(paid`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> Counter;
    /// Orders placed, by payment.
    pub fn orders_total(paid: bool) -> Counter;
}

fn main() {}
