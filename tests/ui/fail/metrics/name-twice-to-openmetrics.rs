// one family a name: `orders(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> Counter;
    /// Orders there are.
    pub fn orders() -> Gauge;
}

fn main() {}
