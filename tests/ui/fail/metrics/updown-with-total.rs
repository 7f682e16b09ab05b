// only counters end in total: `orders_total(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> UpDown;
}

fn main() {
    let _order = shop::orders_total().enter();
}
