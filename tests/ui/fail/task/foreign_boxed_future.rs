// a boxed future that the body does not write out: `->`

use metrics_runtime::instrument_task;

use std::{
    future::{Future, ready},
    pin::Pin,
};

#[instrument_task]
fn nightly() -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let future = ready(());
    Box::pin(future)
}

fn main() {}
