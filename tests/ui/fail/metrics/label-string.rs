// no text as a label: `String`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total(tenant: String) -> Counter;
}

fn main() {
    shop::orders_total("acme".into()).inc();
}
