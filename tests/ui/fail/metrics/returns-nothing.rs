// a metric has a type: `orders_total`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total();
}

fn main() {
    shop::orders_total().inc();
}
