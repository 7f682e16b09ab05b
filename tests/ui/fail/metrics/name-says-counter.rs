// no type in a name: `orders_counter_size_bytes(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_counter_size_bytes() -> Gauge;
}

fn main() {}
