// reserved names: `status`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total(status: bool) -> Counter;
}

fn main() {}
