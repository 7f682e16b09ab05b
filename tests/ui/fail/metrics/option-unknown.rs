// unknown option `colour`
use metrics_runtime::metrics;

#[metrics(colour = "red")]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
