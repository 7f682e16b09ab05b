// snake_case: `isPaid`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    #[allow(non_snake_case)]
    pub fn orders_total(isPaid: bool) -> Counter;
}

fn main() {}
