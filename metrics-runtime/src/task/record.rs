//! The record of one run: begun once, closed once.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::{
    returned::Failure,
    series::{Bound, slot},
    site::TaskSite,
};
use crate::{
    engine::clock::{self, Tick},
    metric::business::Outcome,
};

/// Set once metrics are off.
static DISABLED: AtomicBool = AtomicBool::new(false);

/// From now on no run is recorded.
pub(crate) fn disable() {
    DISABLED.store(true, Relaxed);
}

/// The outcomes in the order of their slots, which is that of their discriminants, with their labels.
pub(super) const OUTCOMES: [(Outcome, &str); 4] = [
    (Outcome::Ok, ",outcome=\"ok\""),
    (Outcome::Error, ",outcome=\"error\""),
    (Outcome::Panic, ",outcome=\"panic\""),
    (Outcome::Cancelled, ",outcome=\"cancelled\""),
];

/// A run in progress. It is closed when it is dropped, wherever that is: a task may end on another thread than it began
/// on, so a record holds the series, never a thread's cells.
pub(crate) struct Record {
    bound: &'static Bound,
    begun: Tick,
    /// How the run has ended if the record is dropped now.
    pub(super) outcome: Outcome,
}

impl Record {
    /// `None` if metrics are off.
    #[inline]
    pub(super) fn begin(site: &'static TaskSite) -> Option<Self> {
        if DISABLED.load(Relaxed) {
            return None;
        }
        let bound = site.bound();
        bound.series.slots.add(slot::IN_PROGRESS, 1);
        Some(Self {
            bound,
            begun: clock::now(),
            outcome: Outcome::Panic,
        })
    }

    /// Closes the record of a run that returned.
    #[inline]
    pub(super) fn finish(mut self, failure: Failure) {
        self.outcome = match failure {
            Failure::None => Outcome::Ok,
            failure => {
                self.count_error(failure);
                Outcome::Error
            }
        };
    }

    #[cold]
    fn count_error(&self, failure: Failure) {
        let Bound {
            series,
            error,
            error_if,
        } = self.bound;
        let error = match (failure, error) {
            (Failure::None, _) => None,
            (Failure::Predicate, _) => *error_if,
            (Failure::Type(_), Some(error)) => Some(*error),
            (Failure::Type(name), None) => Some(series.error_by_type_name(name)),
        };
        if let Some(error) = error {
            error.slots.add(0, 1);
        }
    }
}

impl Drop for Record {
    #[inline]
    fn drop(&mut self) {
        let now = clock::now();
        let ticks = clock::ticks(self.begun, now);
        let series = self.bound.series;
        let bucket = series.buckets.index_of_ticks(ticks);
        series.slots.update(|cells| {
            cells.add(slot::IN_PROGRESS, 1_u64.wrapping_neg());
            cells.add(slot::DURATION, ticks);
            cells.add(slot::OUTCOMES + self.outcome as usize, 1);
            cells.add(slot::BUCKETS + bucket, 1);
        });
        if self.outcome == Outcome::Ok {
            series.last_success.set(now);
        }
    }
}
