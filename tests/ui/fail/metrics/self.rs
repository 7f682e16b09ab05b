// a metric has no self: `&self`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total(&self) -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
