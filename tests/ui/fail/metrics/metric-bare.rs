// options in parentheses: `metric`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    #[metric]
    pub fn wait_seconds() -> Histogram;
}

fn main() {}
