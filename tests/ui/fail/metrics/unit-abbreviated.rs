// units in full: `wait_ms(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn wait_ms() -> Gauge;
}

fn main() {}
