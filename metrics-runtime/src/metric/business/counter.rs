//! Counters of whole amounts.

use std::fmt;

use super::Description;
use crate::engine::{SlotKind, Slots};

/// One series of a counter: a number of events, or of anything whole, that only rises.
///
/// A handle is copied and sent freely: it finds the memory of the thread it is used on, so threads that count at once are
/// not slowed by each other, and no event is lost.
///
/// ```
/// use metrics_runtime::metrics;
///
/// #[metrics]
/// mod shop {
///     /// Orders placed.
///     pub fn orders_total(paid: bool) -> Counter;
/// }
///
/// shop::orders_total(true).inc();
/// shop::orders_total(true).inc_by(2);
/// assert_eq!(shop::orders_total(true).get(), 3);
/// assert_eq!(shop::orders_total(false).get(), 0);
/// ```
#[derive(Clone, Copy)]
#[must_use = "a counter counts nothing until `inc` is called"]
pub struct Counter {
    family: &'static CounterFamily,
    index: usize,
}

impl Counter {
    /// Counts one.
    #[inline]
    pub fn inc(self) {
        self.inc_by(1);
    }

    /// Counts so many.
    #[inline]
    pub fn inc_by(self, amount: u64) {
        self.family.slots.add(self.index, amount);
    }

    /// What all threads have counted.
    #[must_use]
    pub fn get(self) -> u64 {
        self.family.slots.total(self.index)
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.family.description.fmt_series("Counter", self.index, f)
    }
}

/// All series of one counter.
pub struct CounterFamily {
    pub(crate) description: Description,
    pub(crate) slots: Slots,
}

impl CounterFamily {
    /// Without memory until something is counted.
    #[must_use]
    pub const fn new(description: Description) -> Self {
        Self {
            slots: Slots::new(SlotKind::Integer, description.series()),
            description,
        }
    }

    /// The series with this index.
    #[inline]
    pub const fn series(&'static self, index: usize) -> Counter {
        Counter {
            family: self,
            index,
        }
    }
}
