#![deny(warnings)]

pub mod vendor {
    pub use metrics_runtime as metrics;
}

#[derive(vendor::metrics::LabelValue)]
#[label(crate = crate::metrics::crate_path::vendor::metrics)]
pub enum Channel {
    Web,
}

#[vendor::metrics::metrics(prefix = "crate_path", crate = crate::metrics::crate_path::vendor::metrics)]
mod shop {
    use super::Channel;

    /// Orders placed.
    pub fn orders_total(channel: Channel) -> Counter;
}

#[test]
fn compiles() {
    shop::orders_total(Channel::Web).inc();
}
