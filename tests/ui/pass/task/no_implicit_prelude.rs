// without the prelude, and with names of std that mean something else
#![deny(warnings)]
#![no_implicit_prelude]

use ::metrics_runtime::instrument_task;

#[allow(dead_code)]
mod core {}

#[allow(dead_code)]
struct Infallible;

struct Worker;

impl Worker {
    #[instrument_task(
        task = "run",
        labels(team = "a"),
        buckets = [0.1, 60.0],
        every = 60.0,
        error_if = Worker::is_late,
        slo(availability = 99, duration = (60.0, 95))
    )]
    async fn run(&self) -> ::std::result::Result<u32, Infallible> {
        ::std::result::Result::Ok(1)
    }

    #[instrument_task]
    fn stop(&self) -> u32 {
        1
    }

    fn is_late<T>(_: &T) -> bool {
        false
    }
}

#[instrument_task]
fn never() -> ! {
    ::std::process::exit(0)
}

#[::core::prelude::v1::test]
fn compiles() {
    ::std::mem::drop(Worker.run());
    Worker.stop();
    let _: fn() -> ! = never;
}
