// a label is a LabelValue: `Channel`
use metrics_runtime::metrics;

#[derive(Clone, Copy)]
pub enum Channel {
    Web,
}

#[metrics]
mod shop {
    use super::Channel;

    /// Orders placed.
    pub fn orders_total(channel: Channel) -> Counter;
}

fn main() {
    shop::orders_total(Channel::Web).inc();
}
