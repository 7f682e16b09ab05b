#![deny(warnings)]
use metrics_runtime::{LabelValue, metrics};

macro_rules! counted {
    ($module:ident, $prefix:literal, $name:ident, $type:ty, $help:literal, $($bound:expr),*) => {
        #[metrics(prefix = $prefix)]
        mod $module {
            #[allow(unused_imports)]
            use super::*;

            #[doc = $help]
            pub fn $name(label: $type) -> Counter;
            /// Time waited.
            #[metric(buckets = [$($bound),*])]
            pub fn wait_seconds(label: $type) -> Histogram;
        }
    };
}

macro_rules! values {
    ($name:ident { $($variant:ident = $text:literal),* }) => {
        #[derive(LabelValue)]
        enum $name {
            $(#[label($text)] $variant),*
        }
    };
}

values!(Channel { Web = "w", Phone = "p" });
counted!(
    first,
    "first",
    orders_total,
    bool,
    "Orders placed.",
    0.1,
    1.0
);
counted!(
    second,
    "second",
    orders_total,
    Channel,
    "Orders placed.",
    0.1,
    1.0
);

#[test]
fn compiles() {
    first::orders_total(true).inc();
    second::orders_total(Channel::Web).inc();
    second::wait_seconds(Channel::Phone).observe(0.1);
    first::wait_seconds(false).observe(0.1);
    assert_eq!(Channel::text(1), Some("p"));
}
