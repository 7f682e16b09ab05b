// a label has one name: `(paid, gift)`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total((paid, gift): (bool, bool)) -> Counter;
}

fn main() {
    shop::orders_total((true, false)).inc();
}
