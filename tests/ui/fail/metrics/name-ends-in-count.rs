// reserved endings: `orders_count(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_count() -> Gauge;
}

fn main() {}
