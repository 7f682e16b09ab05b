//! What a scrape sees: every thread's cells added up.

use smallvec::SmallVec;

use super::{
    PANIC, Recorder,
    bounds::Bounds,
    cells::{Cells, Distribution},
    clock,
    series::{Series, lock},
};
use crate::method::Method;

/// Statuses shown at zero for every handler and method that may be asked for: without the first, a rate has no
/// denominator before the first success; without the second, `increase()` misses the first internal error, because
/// a counter that appears at 1 never rose.
const EXPECTED_STATUSES: [u16; 2] = [200, 500];

/// One handler's sums of this moment. Lists have room for what most handlers have, so that a scrape of a thousand
/// handlers need not allocate thousands of times.
pub(crate) struct Handler {
    pub(crate) series: &'static Series,
    pub(crate) methods: SmallVec<[PerMethod; 1]>,
    /// Sorted by type.
    pub(crate) exceptions: SmallVec<[(&'static str, u64); 2]>,
}

pub(crate) struct PerMethod {
    pub(crate) method: Method,
    /// Sorted by code.
    pub(crate) statuses: SmallVec<[(u16, u64); 4]>,
    pub(crate) durations: Histogram,
    pub(crate) inprogress: i64,
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
}

/// Buckets hold what fell into each, not what fell below.
pub(crate) struct Histogram {
    pub(crate) bounds: &'static Bounds,
    pub(crate) counts: SmallVec<[u64; 8]>,
    sum: u64,
}

impl Handler {
    pub(crate) fn requests(&self) -> u64 {
        self.methods
            .iter()
            .flat_map(|method| &method.statuses)
            .map(|(_, count)| count)
            .sum()
    }

    pub(crate) fn request_bytes(&self) -> u64 {
        self.methods.iter().map(|method| method.request_bytes).sum()
    }

    pub(crate) fn response_bytes(&self) -> u64 {
        self.methods
            .iter()
            .map(|method| method.response_bytes)
            .sum()
    }
}

impl Histogram {
    fn new(bounds: &'static Bounds) -> Self {
        Self {
            bounds,
            counts: SmallVec::from_elem(0, bounds.len() + 1),
            sum: 0,
        }
    }

    fn add(&mut self, part: &Distribution) {
        self.sum = self.sum.wrapping_add(part.sum());
        for (index, count) in part.counts().enumerate() {
            let index = if part.bounds.number == self.bounds.number {
                index
            } else {
                // Some bound of ours stands at or above each of theirs: `common_bounds` chose them so.
                let upper = part
                    .bounds
                    .seconds
                    .get(index)
                    .copied()
                    .unwrap_or(f64::INFINITY);
                let ours = self.bounds.seconds.iter();
                ours.take_while(|bound| **bound < upper).count()
            };
            self.counts[index] += count;
        }
    }

    pub(crate) fn sum_nanos(&self) -> u64 {
        clock::nanos(self.sum)
    }

    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

impl Recorder {
    /// Visits every handler in the order they are shown, adding its cells up just before: nobody has to hold the sums
    /// of ten thousand handlers at once.
    pub(crate) fn for_each_handler(&'static self, visit: impl FnMut(&Handler)) {
        self.declare_literals();
        self.for_each_recorded(visit);
    }

    /// Without the handlers the program declares.
    pub(super) fn for_each_recorded(&'static self, mut visit: impl FnMut(&Handler)) {
        for series in self.table.all() {
            if let Some(handler) = handler(series) {
                visit(&handler);
            }
        }
    }

    /// All requests together, where the configuration asks for it.
    pub(crate) fn overall(&'static self) -> Option<Histogram> {
        let mut total = Histogram::new(self.high_resolution?);
        for part in lock(&self.overall).iter() {
            total.add(part);
        }
        Some(total)
    }
}

/// `None` for a handler that has nothing to show: `CatchAll` began to record a request and an annotated handler with
/// a label of its own took it over.
fn handler(series: &'static Series) -> Option<Handler> {
    let mut handler = Handler {
        series,
        methods: SmallVec::new(),
        exceptions: SmallVec::new(),
    };
    series.visit(
        &mut handler,
        |handler, label| add(&mut handler.exceptions, label, 0),
        |handler, method, expected, cells| {
            let sum = per_method(method, expected, cells);
            if sum.statuses.is_empty() && sum.inprogress == 0 && expected.is_none() {
                return;
            }
            add(&mut handler.exceptions, PANIC, 0);
            for cells in cells {
                cells
                    .errors
                    .for_each(|error, count| add(&mut handler.exceptions, &error.label, count));
            }
            handler.methods.push(sum.with_expected_statuses());
        },
    );
    handler.exceptions.sort_unstable();
    (!handler.methods.is_empty() || !handler.exceptions.is_empty()).then_some(handler)
}

/// Adds to the count under a key of a short list.
fn add<K: PartialEq, const N: usize>(counts: &mut SmallVec<[(K, u64); N]>, key: K, count: u64)
where
    [(K, u64); N]: smallvec::Array<Item = (K, u64)>,
{
    match counts.iter_mut().find(|(known, _)| *known == key) {
        Some((_, total)) => *total += count,
        None => counts.push((key, count)),
    }
}

fn per_method(
    method: Method,
    expected: Option<&'static Bounds>,
    cells: &[&'static Cells],
) -> PerMethod {
    let mut sum = PerMethod {
        method,
        statuses: SmallVec::new(),
        durations: Histogram::new(common_bounds(expected, cells)),
        inprogress: 0,
        request_bytes: 0,
        response_bytes: 0,
    };
    for cells in cells {
        sum.durations.add(&cells.durations);
        cells
            .statuses
            .for_each(|status, count| add(&mut sum.statuses, *status, count));
        sum.inprogress = sum.inprogress.wrapping_add(cells.inprogress());
        sum.request_bytes += cells.request_bytes();
        sum.response_bytes += cells.response_bytes();
    }
    sum
}

impl PerMethod {
    fn with_expected_statuses(mut self) -> Self {
        for status in EXPECTED_STATUSES {
            add(&mut self.statuses, status, 0);
        }
        self.statuses.sort_unstable();
        self
    }
}

/// The bounds under which all cells can be shown as one series: those that were written to, as expected or not.
///
/// Two handlers may share a label and a method (told apart by another guard) and differ in their buckets: only the
/// bounds both have can be counted exactly. Cells that were never written to have no say: `CatchAll` opened them for
/// a request that an annotated handler took over.
fn common_bounds(expected: Option<&'static Bounds>, cells: &[&'static Cells]) -> &'static Bounds {
    let mut written = cells
        .iter()
        .filter(|cells| cells.durations.is_written())
        .map(|cells| cells.durations.bounds);
    let first = match (written.next(), expected) {
        (Some(bounds), _) | (None, Some(bounds)) => bounds,
        (None, None) => cells[0].durations.bounds,
    };
    let others: SmallVec<[&Bounds; 2]> = written
        .filter(|bounds| bounds.number != first.number)
        .collect();
    if others.is_empty() {
        return first;
    }
    let common: Vec<f64> = first
        .seconds
        .iter()
        .copied()
        .filter(|bound| others.iter().all(|other| other.seconds.contains(bound)))
        .collect();
    cells[0].series.recorder.table.bounds(&common)
}
