#![no_implicit_prelude]
#![deny(warnings)]

::metrics_runtime::label_values! {
    pub Tenant: 1
}

#[derive(::metrics_runtime::LabelValue)]
pub enum Channel {
    Web,
    #[label(other)]
    Other,
}

#[::metrics_runtime::metrics(prefix = "no_implicit_prelude_shop", labels(team = "checkout"))]
mod shop {
    use super::{Channel, Tenant};

    /// Orders placed.
    pub fn orders_total(channel: Channel, tenant: Tenant) -> Counter;
    /// Time waited.
    #[metric(buckets = [0.1, 1])]
    pub fn wait_seconds() -> Histogram;
    /// What runs.
    pub fn build_info(version: &'static str) -> Info;
}

#[::core::prelude::v1::test]
fn compiles() {
    let names = ["acme"];
    ::core::assert!(Tenant::set(names).is_ok());
    shop::orders_total(Channel::of("web"), Tenant::of("acme")).inc();
    shop::wait_seconds().observe(0.5);
    shop::build_info("1").set();
    ::core::assert_eq!(
        shop::orders_total(Channel::Web, Tenant::of("acme")).get(),
        1
    );
}
