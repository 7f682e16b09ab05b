// names are ASCII: `café_orders_total`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn café_orders_total() -> Counter;
}

fn main() {}
