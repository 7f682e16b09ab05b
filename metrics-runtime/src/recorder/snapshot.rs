//! What a scrape sees: every thread's cells added up.

use std::collections::BTreeMap;

use super::{
    PANIC, Recorder,
    bounds::Bounds,
    cells::{Cells, Distribution},
    series::{Series, lock},
};
use crate::method::Method;

/// Statuses shown at zero for every handler and method that may be asked for: without the first, a rate has no
/// denominator before the first success; without the second, `increase()` misses the first internal error, because
/// a counter that appears at 1 never rose.
const EXPECTED_STATUSES: [u16; 2] = [200, 500];

/// Sums of one moment, in the order they are shown.
pub(crate) struct Snapshot {
    pub(crate) handlers: Vec<Handler>,
    pub(crate) overall: Option<Histogram>,
}

pub(crate) struct Handler {
    pub(crate) series: &'static Series,
    pub(crate) methods: Vec<PerMethod>,
    pub(crate) exceptions: BTreeMap<String, u64>,
}

pub(crate) struct PerMethod {
    pub(crate) method: Method,
    pub(crate) statuses: Vec<(u16, u64)>,
    pub(crate) durations: Histogram,
    pub(crate) inprogress: i64,
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
}

/// Buckets hold what fell into each, not what fell below.
pub(crate) struct Histogram {
    pub(crate) bounds: &'static Bounds,
    pub(crate) counts: Vec<u64>,
    pub(crate) sum_nanos: u64,
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
            counts: vec![0; bounds.len() + 1],
            sum_nanos: 0,
        }
    }

    fn add(&mut self, part: &Distribution) {
        self.sum_nanos = self.sum_nanos.wrapping_add(part.sum_nanos());
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

    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

impl Recorder {
    pub(crate) fn snapshot(&'static self) -> Snapshot {
        self.declare_literals();
        self.snapshot_of_recorded()
    }

    /// Without the handlers the program declares.
    pub(super) fn snapshot_of_recorded(&'static self) -> Snapshot {
        Snapshot {
            handlers: self.table.all().into_iter().filter_map(handler).collect(),
            overall: self.high_resolution.map(|bounds| {
                let mut total = Histogram::new(bounds);
                for part in lock(&self.overall).iter() {
                    total.add(part);
                }
                total
            }),
        }
    }
}

/// `None` for a handler that has nothing to show: `CatchAll` began to record a request and an annotated handler with
/// a label of its own took it over.
fn handler(series: &'static Series) -> Option<Handler> {
    let mut exceptions: BTreeMap<String, u64> = series
        .expected_errors()
        .into_iter()
        .map(|label| (label, 0))
        .collect();
    let mut methods = Vec::new();
    series.for_each_method(|method, bounds, cells| {
        let sum = per_method(method, bounds, cells);
        if sum.statuses.is_empty() && sum.inprogress == 0 && !series.expects(method) {
            return;
        }
        exceptions.entry(PANIC.to_owned()).or_default();
        for cells in cells {
            cells.errors.for_each(|error, count| {
                *exceptions.entry(error.label.clone()).or_default() += count;
            });
        }
        methods.push(sum.with_expected_statuses());
    });
    (!methods.is_empty() || !exceptions.is_empty()).then_some(Handler {
        series,
        methods,
        exceptions,
    })
}

fn per_method(method: Method, bounds: &'static Bounds, cells: &[&'static Cells]) -> PerMethod {
    let mut sum = PerMethod {
        method,
        statuses: Vec::new(),
        durations: Histogram::new(common_bounds(bounds, cells)),
        inprogress: 0,
        request_bytes: 0,
        response_bytes: 0,
    };
    for cells in cells {
        sum.durations.add(&cells.durations);
        cells
            .statuses
            .for_each(|status, count| sum.add_status(*status, count));
        sum.inprogress = sum.inprogress.wrapping_add(cells.inprogress());
        sum.request_bytes += cells.request_bytes();
        sum.response_bytes += cells.response_bytes();
    }
    sum
}

impl PerMethod {
    fn add_status(&mut self, status: u16, count: u64) {
        match self.statuses.iter_mut().find(|(known, _)| *known == status) {
            Some((_, total)) => *total += count,
            None => self.statuses.push((status, count)),
        }
    }

    fn with_expected_statuses(mut self) -> Self {
        for status in EXPECTED_STATUSES {
            self.add_status(status, 0);
        }
        self.statuses.sort_unstable();
        self
    }
}

/// The bounds under which all cells can be shown as one series.
///
/// Two handlers may share a label and a method (told apart by another guard) and differ in their buckets: only the
/// bounds both have can be counted exactly.
fn common_bounds(bounds: &'static Bounds, cells: &[&'static Cells]) -> &'static Bounds {
    let others = |cells: &&&Cells| cells.durations.bounds.number != bounds.number;
    let Some(first) = cells.iter().find(others) else {
        return bounds;
    };
    let common: Vec<f64> = bounds
        .seconds
        .iter()
        .copied()
        .filter(|bound| {
            cells
                .iter()
                .all(|cells| cells.durations.bounds.seconds.contains(bound))
        })
        .collect();
    first.series.recorder.table.bounds(&common)
}
