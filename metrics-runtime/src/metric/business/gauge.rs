//! Gauges: what is set, or read when `/metrics` is.

use std::{
    cell::Cell,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use super::Description;
use crate::engine::lock;

/// One series of a gauge: a number that is set, or read by a function. It is absent from `/metrics` until it is.
///
/// ```
/// use metrics_runtime::metrics;
///
/// #[metrics]
/// mod shop {
///     /// Orders waiting.
///     pub fn queue_length() -> Gauge;
/// }
///
/// assert_eq!(shop::queue_length().get(), None);
/// shop::queue_length().set(7.0);
/// shop::queue_length().add(-2.0);
/// assert_eq!(shop::queue_length().get(), Some(5.0));
/// shop::queue_length().read_by(|| 3.0);
/// assert_eq!(shop::queue_length().get(), Some(3.0));
/// ```
///
/// For what goes up and down by itself, like work in progress, an [`UpDown`](super::UpDown) cannot be forgotten.
#[derive(Clone, Copy)]
#[must_use = "a gauge shows nothing until it is set"]
pub struct Gauge {
    family: &'static GaugeFamily,
    index: usize,
}

impl Gauge {
    /// The value from now on. Of threads that set at once, one is last.
    pub fn set(self, value: f64) {
        if let Some(cell) = self.cell() {
            cell.value.store(bits(value), Relaxed);
        }
    }

    /// Adds to the value, which is 0 if it was not set; subtracts what is negative.
    pub fn add(self, by: f64) {
        let Some(cell) = self.cell() else { return };
        let add = |value| match value {
            UNSET => bits(by),
            value => bits(f64::from_bits(value) + by),
        };
        let mut value = cell.value.load(Relaxed);
        while let Err(now) = cell
            .value
            .compare_exchange_weak(value, add(value), Relaxed, Relaxed)
        {
            value = now;
        }
    }

    /// Has the value read by a function whenever `/metrics` is, and on [`get`](Self::get). A later function replaces it; what
    /// is set or added meanwhile does not show.
    ///
    /// The function runs on the thread that serves the scrape, which waits for it: it must not block. If it panics, the
    /// series is absent from that scrape.
    pub fn read_by(self, read: impl Fn() -> f64 + Send + Sync + 'static) {
        if let Some(cell) = self.cell() {
            *lock(&cell.read) = Some(Arc::new(read));
        }
    }

    /// The value; `None` if none was set and no function reads one.
    #[must_use]
    pub fn get(self) -> Option<f64> {
        self.family.value(self.index)
    }

    fn cell(self) -> Option<&'static GaugeCell> {
        if self.family.disabled.load(Relaxed) {
            return None;
        }
        let series = self.family.description.series();
        self.family
            .cells
            .get_or_init(|| (0..series).map(|_| GaugeCell::default()).collect())
            .get(self.index)
    }
}

impl fmt::Debug for Gauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.family.description.fmt_series("Gauge", self.index, f)
    }
}

/// Stands for a value that was never set. It is not among the bits that are stored for a value that is no number.
const UNSET: u64 = u64::MAX;

fn bits(value: f64) -> u64 {
    if value.is_nan() { f64::NAN } else { value }.to_bits()
}

type Read = Arc<dyn Fn() -> f64 + Send + Sync>;

struct GaugeCell {
    value: AtomicU64,
    read: Mutex<Option<Read>>,
}

impl Default for GaugeCell {
    fn default() -> Self {
        Self {
            value: AtomicU64::new(UNSET),
            read: Mutex::new(None),
        }
    }
}

/// All series of one gauge.
pub struct GaugeFamily {
    pub(crate) description: Description,
    cells: OnceLock<Box<[GaugeCell]>>,
    disabled: AtomicBool,
}

impl GaugeFamily {
    /// Without memory until something is set.
    #[must_use]
    pub const fn new(description: Description) -> Self {
        Self {
            description,
            cells: OnceLock::new(),
            disabled: AtomicBool::new(false),
        }
    }

    /// The series with this index.
    #[inline]
    pub const fn series(&'static self, index: usize) -> Gauge {
        Gauge {
            family: self,
            index,
        }
    }

    /// From now on nothing is recorded, and nothing is there.
    pub(crate) fn disable(&self) {
        self.disabled.store(true, Relaxed);
    }

    /// Runs a function, which holds no lock. What it renders itself is without the gauges that functions read.
    fn read(&self, read: &(dyn Fn() -> f64 + Send + Sync)) -> Option<f64> {
        thread_local! {
            static IS_READING: Cell<bool> = const { Cell::new(false) };
        }
        if IS_READING.replace(true) {
            return None;
        }
        let value = catch_unwind(AssertUnwindSafe(read));
        IS_READING.set(false);
        if value.is_err() {
            log::error!(
                "the function that reads `{}` panicked; its series is not shown",
                self.description.name
            );
        }
        value.ok()
    }

    pub(crate) fn value(&self, index: usize) -> Option<f64> {
        if self.disabled.load(Relaxed) {
            return None;
        }
        let cell = self.cells.get()?.get(index)?;
        let read = lock(&cell.read).clone();
        match read {
            Some(read) => self.read(&*read),
            None => match cell.value.load(Relaxed) {
                UNSET => None,
                value => Some(f64::from_bits(value)),
            },
        }
    }
}
