// each option once: `zero)`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    #[metric(zero, zero)]
    pub fn wait_seconds() -> Histogram;
}

fn main() {}
