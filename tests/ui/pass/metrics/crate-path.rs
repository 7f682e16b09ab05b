#![deny(warnings)]

pub mod vendor {
    pub use metrics_runtime as metrics;
}

#[derive(vendor::metrics::LabelValue)]
#[label(crate = crate::vendor::metrics)]
pub enum Channel {
    Web,
}

#[vendor::metrics::metrics(crate = crate::vendor::metrics)]
mod shop {
    use super::Channel;

    /// Orders placed.
    pub fn orders_total(channel: Channel) -> Counter;
}

fn main() {
    shop::orders_total(Channel::Web).inc();
}
