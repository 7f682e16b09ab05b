// no type in a name: `orders_gauge_size_bytes(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_gauge_size_bytes() -> Gauge;
}

fn main() {}
