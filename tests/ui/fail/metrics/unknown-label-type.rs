// an unknown label type keeps its error: `Chanel`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total(channel: Chanel) -> Counter;
}

fn main() {}
