//! Counters of amounts with fractions.

use std::{fmt, sync::atomic::AtomicBool};

use super::{Description, warn_once};
use crate::engine::{SlotKind, Slots};

/// One series of a counter whose amounts have fractions: money, seconds.
///
/// For whole amounts a [`Counter`](super::Counter) is exact without limit; this one is as exact as an `f64`. A handle is
/// copied and sent freely, as a [`Counter`](super::Counter) is.
///
/// ```
/// use metrics_runtime::metrics;
///
/// #[metrics]
/// mod model {
///     /// Dollars spent on tokens.
///     pub fn cost_dollars_total() -> FloatCounter;
/// }
///
/// model::cost_dollars_total().inc_by(0.25);
/// model::cost_dollars_total().inc_by(-1.0); // ignored: a counter only rises
/// assert_eq!(model::cost_dollars_total().get(), 0.25);
/// ```
#[derive(Clone, Copy)]
#[must_use = "a counter counts nothing until `inc_by` is called"]
pub struct FloatCounter {
    family: &'static FloatCounterFamily,
    index: usize,
}

impl FloatCounter {
    /// Counts so much. An amount that is negative, infinite or no number is ignored, and logged once per metric.
    #[inline]
    pub fn inc_by(self, amount: f64) {
        if amount >= 0.0 && amount.is_finite() {
            let index = self.index;
            self.family
                .slots
                .update(|cells| cells.add_float(index, amount));
        } else {
            warn_once(&self.family.warned, &self.family.description, amount);
        }
    }

    /// What all threads have counted.
    #[must_use]
    pub fn get(self) -> f64 {
        self.family.slots.total_float(self.index)
    }
}

impl fmt::Debug for FloatCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.family
            .description
            .fmt_series("FloatCounter", self.index, f)
    }
}

/// All series of one counter.
pub struct FloatCounterFamily {
    pub(crate) description: Description,
    pub(crate) slots: Slots,
    warned: AtomicBool,
}

impl FloatCounterFamily {
    /// Without memory until something is counted.
    #[must_use]
    pub const fn new(description: Description) -> Self {
        Self {
            slots: Slots::new(SlotKind::Float, description.series()),
            description,
            warned: AtomicBool::new(false),
        }
    }

    /// The series with this index.
    #[inline]
    pub const fn series(&'static self, index: usize) -> FloatCounter {
        FloatCounter {
            family: self,
            index,
        }
    }
}
