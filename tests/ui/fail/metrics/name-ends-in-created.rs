// reserved endings: `orders_created(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_created() -> Gauge;
}

fn main() {}
