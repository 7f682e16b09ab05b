//! Documented.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unused)]
#![deny(
    missing_debug_implementations,
    single_use_lifetimes,
    unused_qualifications,
    unused_lifetimes
)]

/// Shown.
pub mod shown {
    use metrics_runtime::{LabelValue, label_values, metrics};

    /// A channel.
    #[derive(LabelValue, Debug)]
    pub enum Channel {
        /// On the web.
        Web,
        /// Anything else.
        #[label(other)]
        Other,
    }

    label_values! {
        /// A tenant.
        pub Tenant: 3,
        /// A region.
        pub(crate) Region: 4
    }

    /// The shop's metrics.
    #[metrics(prefix = "lints")]
    pub mod shop {
        use super::{Channel, Region, Tenant};

        /// Orders placed.
        pub fn orders_total(channel: Channel, tenant: Tenant) -> Counter;
        /// Orders placed, by region.
        pub(crate) fn region_orders_total(region: Region) -> Counter;
    }
}

#[test]
fn compiles() {
    use shown::{Channel, Region, Tenant, shop};
    shop::orders_total(Channel::Web, Tenant::of("acme")).inc();
    shop::region_orders_total(Region::of("eu")).inc();
}
