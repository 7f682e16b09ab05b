// a fixed number of labels: `...`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total(paid: bool, ...) -> Counter;
}

fn main() {
    shop::orders_total(true).inc();
}
