// single underscores: `orders__total`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders__total() -> Counter;
}

fn main() {}
