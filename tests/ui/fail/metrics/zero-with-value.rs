// zero is bare: `zero`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    #[metric(zero = true)]
    pub fn wait_seconds() -> Histogram;
}

fn main() {}
