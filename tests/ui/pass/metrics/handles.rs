#![deny(warnings)]
use std::sync::LazyLock;

use metrics_runtime::{Counter, Gauge, Histogram, Info, Summary, UpDownGuard, metrics};

#[metrics(prefix = "handles")]
mod shop {
    /// Orders placed.
    pub fn orders_total(paid: bool) -> Counter;
    /// Orders being packed.
    pub fn packing() -> UpDown;
    /// Time waited.
    pub fn wait_seconds() -> Histogram;
}

static PAID: LazyLock<Counter> = LazyLock::new(|| shop::orders_total(true));

struct Job {
    waited: Histogram,
    _packing: UpDownGuard,
}

fn is_plain<T: Copy + Send + Sync + 'static + std::fmt::Debug>() {}
fn is_sent<T: Send + 'static + std::fmt::Debug>(_: &T) {}

#[test]
fn compiles() {
    is_plain::<Counter>();
    is_plain::<Gauge>();
    is_plain::<Histogram>();
    is_plain::<Summary>();
    is_plain::<Info>();
    let job = Job {
        waited: shop::wait_seconds(),
        _packing: shop::packing().enter(),
    };
    is_sent(&job._packing);
    is_sent(&job.waited.start());
    is_sent(&job.waited.time(async {}).to_debug());
    PAID.inc();
    let counted = std::thread::spawn(move || {
        PAID.inc();
        drop(job);
        PAID.get()
    });
    assert_eq!(counted.join().unwrap(), 2);
}

trait ToDebug: Sized {
    fn to_debug(self) -> &'static str
    where
        Self: Send,
    {
        "a future that is sent"
    }
}

impl<F: Future> ToDebug for F {}
