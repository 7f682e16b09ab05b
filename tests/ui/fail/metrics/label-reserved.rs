// reserved names: `quantile`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total(quantile: bool) -> Counter;
}

fn main() {}
