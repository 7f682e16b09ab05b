// a prefix has no odd units, either: `"wait_ms"`
use metrics_runtime::metrics;

#[metrics(prefix = "wait_ms")]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
