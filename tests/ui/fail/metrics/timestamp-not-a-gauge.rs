// points in time are set: `finished_timestamp_seconds(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn finished_timestamp_seconds() -> Histogram;
}

fn main() {}
