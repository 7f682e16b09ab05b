// a caller's mistake is the caller's: `"web"`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total(paid: bool) -> Counter;
}

fn main() {
    shop::orders_total("web").inc();
}
