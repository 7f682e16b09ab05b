// reserved endings: `orders_sum(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_sum() -> Gauge;
}

fn main() {}
