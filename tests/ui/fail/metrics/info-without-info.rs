// an info's name: `build(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn build(version: &'static str) -> Info;
}

fn main() {
    shop::build("1.2").set();
}
