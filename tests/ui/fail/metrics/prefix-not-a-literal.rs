// a prefix is a literal: `PREFIX`
use metrics_runtime::metrics;

#[metrics(prefix = PREFIX)]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
