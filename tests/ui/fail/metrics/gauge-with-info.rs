// only infos end in info: `build_info(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn build_info() -> Gauge;
}

fn main() {}
