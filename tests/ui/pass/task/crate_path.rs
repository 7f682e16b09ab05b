// the runtime under another name
#![deny(warnings)]

mod shop {
    pub(crate) mod metrics {
        pub(crate) use metrics_runtime::*;
    }
}

#[crate::task::crate_path::shop::metrics::instrument_task(crate = crate::task::crate_path::shop::metrics)]
fn nightly() {}

#[test]
fn compiles() {
    nightly();
}
