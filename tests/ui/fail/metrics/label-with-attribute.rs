// labels have no attributes: `#[cfg(unix)]`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total(#[cfg(unix)] paid: bool) -> Counter;
}

fn main() {
    shop::orders_total(true).inc();
}
