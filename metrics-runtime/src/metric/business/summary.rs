//! Summaries without quantiles.

use std::{fmt, sync::atomic::AtomicBool};

use super::{Description, histogram::whole, warn_once};
use crate::engine::{SlotKind, Slots};

/// One series of a summary: how many values were observed, and their sum, so that a query can divide one by the other.
///
/// It has no quantiles, which cannot be added over instances; where they are wanted, use a
/// [`Histogram`](super::Histogram). Series are shown once a value was observed, or from the start with `#[metric(zero)]`.
///
/// ```
/// use metrics_runtime::metrics;
///
/// #[metrics]
/// mod shop {
///     /// Bytes of receipts.
///     pub fn receipt_size_bytes() -> Summary;
/// }
///
/// shop::receipt_size_bytes().observe(1024.0);
/// shop::receipt_size_bytes().observe(512.0);
/// assert_eq!(shop::receipt_size_bytes().count(), 2);
/// assert_eq!(shop::receipt_size_bytes().sum(), 1536.0);
/// ```
#[derive(Clone, Copy)]
#[must_use = "a summary observes nothing until `observe` is called"]
pub struct Summary {
    family: &'static SummaryFamily,
    index: usize,
}

/// Slots of a series.
pub(crate) const SLOTS: usize = 2;
pub(crate) const SUM: usize = 0;
pub(crate) const COUNT: usize = 1;

impl Summary {
    /// Counts a value. One that is negative, infinite or no number is ignored, and logged once per metric.
    #[inline]
    pub fn observe(self, value: f64) {
        if !(value >= 0.0 && value.is_finite()) {
            return warn_once(&self.family.warned, &self.family.description, value);
        }
        let first = self.index * SLOTS;
        self.family.slots.update(|cells| {
            cells.add_float(first + SUM, value);
            cells.add_float(first + COUNT, 1.0);
        });
    }

    /// How many values were observed.
    #[must_use]
    pub fn count(self) -> u64 {
        whole(self.family.slots.total_float(self.index * SLOTS + COUNT))
    }

    /// The sum of the values that were observed.
    #[must_use]
    pub fn sum(self) -> f64 {
        self.family.slots.total_float(self.index * SLOTS + SUM)
    }
}

impl fmt::Debug for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.family.description.fmt_series("Summary", self.index, f)
    }
}

/// All series of one summary.
pub struct SummaryFamily {
    pub(crate) description: Description,
    /// Whether series are shown before anything was observed.
    pub(crate) zero: bool,
    pub(crate) slots: Slots,
    warned: AtomicBool,
}

impl SummaryFamily {
    /// Without memory until something is observed.
    #[must_use]
    pub const fn new(description: Description, zero: bool) -> Self {
        Self {
            zero,
            slots: Slots::new(SlotKind::Float, description.series().saturating_mul(SLOTS)),
            description,
            warned: AtomicBool::new(false),
        }
    }

    /// The series with this index.
    #[inline]
    pub const fn series(&'static self, index: usize) -> Summary {
        Summary {
            family: self,
            index,
        }
    }
}
