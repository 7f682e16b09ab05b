// a counter's name: `orders(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders() -> Counter;
}

fn main() {
    shop::orders().inc_by(2);
}
