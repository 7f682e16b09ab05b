#![deny(warnings)]
use metrics_runtime::metrics;

#[metrics(prefix = "cfg")]
#[cfg(not(any()))]
mod shop {
    /// On this system.
    #[cfg(not(any()))]
    pub fn orders_total(paid: bool) -> Counter;
    /// On another, with a type that is not there.
    #[cfg(any())]
    pub fn orders_total(channel: Channel) -> Counter;
}

#[cfg(any())]
#[metrics(prefix = "cfg")]
mod shop {}

#[test]
fn compiles() {
    shop::orders_total(true).inc();
}
