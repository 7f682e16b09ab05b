// help text: `orders_total`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    ///
    pub fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
