// a label's type has a name: `impl Copy`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total(tenant: impl Copy) -> Counter;
}

fn main() {
    shop::orders_total(1).inc();
}
