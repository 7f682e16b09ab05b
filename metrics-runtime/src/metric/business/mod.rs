//! Business metrics: the families that `#[metrics]` declares, and the handles that its functions return.
//!
//! A function's body holds a static family, which the linker puts into [`FAMILIES`], and returns a handle: the family and
//! the index of the series. The family owns slots for all its series, so recording is an addition in memory of the thread's
//! own. What is recorded before `init` counts and initializes nothing.

mod collect;
mod counter;
mod description;
mod float_counter;
mod gauge;
mod histogram;
mod info;
mod label_set;
mod outcome;
mod refused;
mod summary;
mod updown;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use linkme::distributed_slice;

pub(crate) use self::collect::{Business, disable};
pub use self::{
    counter::{Counter, CounterFamily},
    description::Description,
    float_counter::{FloatCounter, FloatCounterFamily},
    gauge::{Gauge, GaugeFamily},
    histogram::{Histogram, HistogramFamily, HistogramTimer},
    info::{Info, InfoFamily},
    label_set::{LabelSet, LabelValuesError},
    outcome::Outcome,
    refused::Refused,
    summary::{Summary, SummaryFamily},
    updown::{UpDown, UpDownFamily, UpDownGuard},
};

/// Every metric of every `#[metrics]` module of the program, put here by the linker.
#[distributed_slice]
pub static FAMILIES: [Family];

/// A metric of any type.
#[derive(Clone, Copy)]
pub enum Family {
    /// Whole amounts.
    Counter(&'static CounterFamily),
    /// Amounts with fractions.
    FloatCounter(&'static FloatCounterFamily),
    /// What is set or read.
    Gauge(&'static GaugeFamily),
    /// What is entered and left.
    UpDown(&'static UpDownFamily),
    /// Distributions.
    Histogram(&'static HistogramFamily),
    /// Sums and counts.
    Summary(&'static SummaryFamily),
    /// What is so from the start.
    Info(&'static InfoFamily),
}

/// Logs the first value of a metric that cannot be counted.
#[cold]
fn warn_once(warned: &AtomicBool, description: &Description, value: f64) {
    if !warned.swap(true, Relaxed) {
        log::warn!(
            "`{}` ignores {value}: what it sums only rises by finite amounts; logged once",
            description.name
        );
    }
}
