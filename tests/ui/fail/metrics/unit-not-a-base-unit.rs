// base units: `wait_milliseconds(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn wait_milliseconds() -> Gauge;
}

fn main() {}
