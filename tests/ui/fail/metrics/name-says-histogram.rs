// no type in a name: `orders_histogram_size_bytes(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_histogram_size_bytes() -> Gauge;
}

fn main() {}
