//! The module is public, the label's type is not.
#![deny(warnings)]

pub mod catalogue {
    use metrics_runtime::{LabelValue, metrics};

    #[derive(LabelValue)]
    enum Channel {
        Web,
    }

    #[metrics(prefix = "private_label")]
    pub mod shop {
        use super::*;

        /// Orders placed.
        pub fn orders_total(channel: Channel) -> Counter;
    }

    pub fn count() {
        shop::orders_total(Channel::Web).inc();
    }
}

#[test]
fn compiles() {
    catalogue::count();
}
