// counters show at zero: `zero`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    #[metric(zero)]
    pub fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
