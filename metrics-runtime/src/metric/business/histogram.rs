//! Histograms.

use std::{fmt, sync::atomic::AtomicBool};

use super::{Description, warn_once};
use crate::engine::clock::{self, Tick};
use crate::engine::{SlotKind, Slots};

/// One series of a histogram: how often a value was observed within each bucket, and the sum of all values.
///
/// A name that ends in `_seconds` has the buckets 0.05, 0.1, 0.3, 1, 3 and 5 unless `#[metric(buckets = [..])]` names
/// others; any other name must name them. `METRICS_LATENCY_BUCKETS` does not apply: observations count before it is read.
/// Series are shown once a value was observed, or from the start with `#[metric(zero)]`.
///
/// ```
/// use metrics_runtime::metrics;
///
/// #[metrics]
/// mod shop {
///     /// Time to charge a card.
///     pub fn charge_duration_seconds() -> Histogram;
///     /// Items in an order.
///     #[metric(buckets = [1, 2, 5, 10])]
///     pub fn order_items() -> Histogram;
/// }
///
/// shop::order_items().observe(3.0);
/// let timer = shop::charge_duration_seconds().start();
/// drop(timer); // observed here, or wherever the scope is left
/// assert_eq!(shop::charge_duration_seconds().count(), 1);
/// assert_eq!(shop::order_items().sum(), 3.0);
/// ```
#[derive(Clone, Copy)]
#[must_use = "a histogram observes nothing until `observe`, `start` or `time` is called"]
pub struct Histogram {
    family: &'static HistogramFamily,
    index: usize,
}

impl Histogram {
    /// Counts a value. One that is negative, infinite or no number is ignored, and logged once per metric.
    #[inline]
    pub fn observe(self, value: f64) {
        let family = self.family;
        if !(value >= 0.0 && value.is_finite()) {
            return warn_once(&family.warned, &family.description, value);
        }
        let bounds = family.bounds;
        let first = self.index * family.slots_per_series();
        let bucket = first + bounds.partition_point(|bound| *bound < value);
        family.slots.update(|cells| {
            cells.add_float(bucket, 1.0);
            cells.add_float(first + bounds.len() + 1, value);
        });
    }

    /// Starts a timer, which observes the seconds until it is dropped.
    #[inline]
    pub fn start(self) -> HistogramTimer {
        HistogramTimer {
            histogram: self,
            start: Some(clock::now()),
        }
    }

    /// Runs a future and observes the seconds from its first poll to its end, or until it is dropped or panics.
    ///
    /// ```
    /// # use metrics_runtime::metrics;
    /// # #[metrics]
    /// # mod shop {
    /// #     /// Time to charge a card.
    /// #     pub fn charge_duration_seconds() -> Histogram;
    /// # }
    /// # actix_web::rt::System::new().block_on(async {
    /// let answer = shop::charge_duration_seconds().time(async { 42 }).await;
    /// assert_eq!(answer, 42);
    /// assert_eq!(shop::charge_duration_seconds().count(), 1);
    /// # });
    /// ```
    pub async fn time<F: Future>(self, future: F) -> F::Output {
        let _timer = self.start();
        future.await
    }

    /// How many values were observed.
    #[must_use]
    pub fn count(self) -> u64 {
        let first = self.index * self.family.slots_per_series();
        let total: f64 = (first..=first + self.family.bounds.len())
            .map(|slot| self.family.slots.total_float(slot))
            .sum();
        whole(total)
    }

    /// The sum of the values that were observed.
    #[must_use]
    pub fn sum(self) -> f64 {
        let first = self.index * self.family.slots_per_series();
        self.family
            .slots
            .total_float(first + self.family.bounds.len() + 1)
    }
}

/// A count that is kept as a float, because its family's other slots are.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole numbers from 0 to 2^53"
)]
pub(crate) fn whole(count: f64) -> u64 {
    count as u64
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.family
            .description
            .fmt_series("Histogram", self.index, f)
    }
}

/// Measures time for a [`Histogram`], until it is dropped, on whatever thread: by a return, an error, a panic or with a
/// future that is cancelled.
#[must_use = "it observes when it is dropped, which is at once if it has no name; write `let _timer = ..`"]
pub struct HistogramTimer {
    histogram: Histogram,
    start: Option<Tick>,
}

impl HistogramTimer {
    /// Ends the timer without observing anything.
    ///
    /// ```
    /// # use metrics_runtime::metrics;
    /// # #[metrics]
    /// # mod shop {
    /// #     /// Time to charge a card.
    /// #     pub fn charge_duration_seconds() -> Histogram;
    /// # }
    /// let timer = shop::charge_duration_seconds().start();
    /// timer.discard();
    /// assert_eq!(shop::charge_duration_seconds().count(), 0);
    /// ```
    pub fn discard(mut self) {
        self.start = None;
    }
}

impl Drop for HistogramTimer {
    fn drop(&mut self) {
        if let Some(start) = self.start {
            let nanos = clock::nanos(clock::ticks(start, clock::now()));
            self.histogram.observe(nanos as f64 / 1e9);
        }
    }
}

impl fmt::Debug for HistogramTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HistogramTimer")
            .field(&self.histogram)
            .finish()
    }
}

/// All series of one histogram.
pub struct HistogramFamily {
    pub(crate) description: Description,
    /// Upper bounds, without `+Inf`.
    pub(crate) bounds: &'static [f64],
    /// Whether series are shown before anything was observed.
    pub(crate) zero: bool,
    pub(crate) slots: Slots,
    warned: AtomicBool,
}

impl HistogramFamily {
    /// Without memory until something is observed.
    #[must_use]
    pub const fn new(description: Description, bounds: &'static [f64], zero: bool) -> Self {
        let len = description.series().saturating_mul(bounds.len() + 2);
        Self {
            description,
            bounds,
            zero,
            slots: Slots::new(SlotKind::Float, len),
            warned: AtomicBool::new(false),
        }
    }

    /// The series with this index.
    #[inline]
    pub const fn series(&'static self, index: usize) -> Histogram {
        Histogram {
            family: self,
            index,
        }
    }

    /// A slot for each bucket, that of `+Inf` included, and one for the sum.
    #[inline]
    pub(crate) const fn slots_per_series(&self) -> usize {
        self.bounds.len() + 2
    }
}
