// only seconds have default buckets: `order_items`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn order_items() -> Histogram;
}

fn main() {
    shop::order_items().observe(3.0);
}
