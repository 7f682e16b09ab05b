// base units: `busy_minutes_total(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn busy_minutes_total() -> Counter;
}

fn main() {}
