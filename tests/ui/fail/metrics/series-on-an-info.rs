// an info has one series: `series`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    #[metric(series = 2)]
    pub fn build_info(version: &'static str) -> Info;
}

fn main() {}
