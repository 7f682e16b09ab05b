#![deny(warnings)]
use metrics_runtime::{LabelValue, Outcome, label_values, metrics};

#[derive(LabelValue, Clone, Copy)]
enum Channel {
    Web,
    Phone,
}

label_values! {
    Tenant: 2
}

#[metrics(prefix = "every_label")]
mod shop {
    use super::*;

    /// Orders placed.
    #[metric(series = 600)]
    pub fn orders_total(channel: Channel, paid: bool, tenant: Tenant, outcome: Outcome) -> Counter;
}

#[test]
fn compiles() {
    Tenant::set(["acme", "globex"]).unwrap();
    let orders = |channel, paid, tenant, outcome| {
        shop::orders_total(channel, paid, Tenant::of(tenant), outcome)
    };
    orders(Channel::Web, true, "acme", Outcome::Ok).inc();
    orders(Channel::Phone, false, "initech", Outcome::Cancelled).inc_by(2);
    assert_eq!(orders(Channel::Web, true, "acme", Outcome::Ok).get(), 1);
    assert_eq!(
        orders(Channel::Phone, false, "hooli", Outcome::Cancelled).get(),
        2
    );
    assert_eq!(
        orders(Channel::Phone, true, "hooli", Outcome::Cancelled).get(),
        0
    );
}
