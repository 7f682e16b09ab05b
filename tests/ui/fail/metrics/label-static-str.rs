// no text as a label: `&'static str`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total(tenant: &'static str) -> Counter;
}

fn main() {
    shop::orders_total("acme").inc();
}
