// variants have no fields: `(String)`
use metrics_runtime::{LabelValue, metrics};

#[derive(LabelValue)]
enum Channel {
    Web,
    Partner(String),
}

#[metrics]
mod shop {
    use super::Channel;

    /// Orders placed.
    pub fn orders_total(channel: Channel) -> Counter;
}

fn main() {
    shop::orders_total(Channel::Web).inc();
    shop::orders_total(Channel::Partner(String::new())).inc();
}
