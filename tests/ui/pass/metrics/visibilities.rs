#![deny(warnings)]
use metrics_runtime::metrics;

mod outer {
    use super::*;

    #[metrics(prefix = "visibilities")]
    pub(super) mod shop {
        /// Seen by its module alone.
        fn private_total() -> Counter;
        /// Seen by the parent.
        pub(super) fn parents_total() -> Counter;
        /// Seen by the crate.
        pub(crate) fn crates_total() -> Counter;
        /// Seen there.
        pub(in crate::metrics::visibilities::outer) fn outers_total() -> Counter;

        pub(crate) fn count() {
            private_total().inc();
        }
    }

    pub(super) fn count() {
        shop::parents_total().inc();
        shop::outers_total().inc();
    }
}

#[test]
fn compiles() {
    outer::count();
    outer::shop::count();
    outer::shop::crates_total().inc();
}
