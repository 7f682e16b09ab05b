// the runtime under another name
#![deny(warnings)]

mod shop {
    pub(crate) mod metrics {
        pub(crate) use metrics_runtime::*;
    }
}

#[shop::metrics::instrument_task(crate = shop::metrics)]
fn nightly() {}

fn main() {
    nightly();
}
