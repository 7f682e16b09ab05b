// reserved endings: `orders_bucket(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_bucket() -> Gauge;
}

fn main() {}
