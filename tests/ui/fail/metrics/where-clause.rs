// no bounds: `where`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> Counter
    where
        bool: Copy;
}

fn main() {
    shop::orders_total().inc();
}
