// a hundred series unless more are asked for: `orders_total`
use metrics_runtime::{label_values, metrics};

label_values! {
    pub Tenant: 60
}

#[metrics(prefix = "shop")]
mod shop {
    use super::Tenant;

    /// Orders placed.
    pub fn orders_total(tenant: Tenant, paid: bool) -> Counter;
}

fn main() {
    shop::orders_total(Tenant::of("acme"), true).inc();
}
