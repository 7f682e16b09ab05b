// each option once: `prefix = "shop")`
use metrics_runtime::metrics;

#[metrics(prefix = "company", prefix = "shop")]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
