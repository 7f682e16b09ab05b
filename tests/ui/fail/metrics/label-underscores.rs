// reserved names: `__paid`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total(__paid: bool) -> Counter;
}

fn main() {}
