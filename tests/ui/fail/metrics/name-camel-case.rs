// snake_case: `ordersTotal`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    #[allow(non_snake_case)]
    pub fn ordersTotal() -> Counter;
}

fn main() {}
