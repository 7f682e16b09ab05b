// no number as a label: `u64`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total(paid: bool, customer: u64) -> Counter;
}

fn main() {
    shop::orders_total(true, 1).inc();
}
