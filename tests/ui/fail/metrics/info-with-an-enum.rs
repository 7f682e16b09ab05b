// an info's labels are texts: `bool`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn build_info(version: bool) -> Info;
}

fn main() {
    shop::build_info(true).set();
}
