// base units: `hit_percent(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn hit_percent() -> Gauge;
}

fn main() {}
