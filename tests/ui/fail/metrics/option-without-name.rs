// options have names: `"shop"`
use metrics_runtime::metrics;

#[metrics("shop")]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
