// no text as a label: `&str`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total(tenant: &str) -> Counter;
}

fn main() {
    shop::orders_total("acme").inc();
}
