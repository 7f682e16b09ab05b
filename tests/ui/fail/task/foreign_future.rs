// a future that the body does not write out: `->`

use metrics_runtime::instrument_task;

use std::future::{Future, ready};

#[instrument_task]
fn nightly() -> impl Future<Output = ()> {
    ready(())
}

fn main() {}
