// a prefix has a value: `prefix`
use metrics_runtime::metrics;

#[metrics(prefix)]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
