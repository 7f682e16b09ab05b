// a counter's name: `revenue_dollars(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn revenue_dollars() -> FloatCounter;
}

fn main() {
    shop::revenue_dollars().inc_by(0.5);
}
