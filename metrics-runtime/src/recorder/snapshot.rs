//! What a scrape sees: every thread's cells added up.

use std::{iter, mem, ops::Range, ptr};

use smallvec::SmallVec;

use super::{
    PANIC, Recorder,
    bounds::Bounds,
    cells::{Cells, Distribution},
    clock,
    series::{Series, Shown, ShownMethod, lock},
};
use crate::method::Method;

/// Statuses shown at zero for every handler and method that may be asked for: without the first, a rate has no
/// denominator before the first success; without the second, `increase()` misses the first internal error, because
/// a counter that appears at 1 never rose.
const EXPECTED_STATUSES: [u16; 2] = [200, 500];

/// Every handler's sums of one moment, in the order they are shown.
///
/// The lists are flat: ten thousand handlers are a few allocations, and a family's writer walks through memory one way.
#[derive(Default)]
pub(crate) struct Snapshot {
    handlers: Vec<HandlerSums>,
    methods: Vec<MethodSums>,
    /// Heads and tails of the series' labels, side by side: six families look at each.
    labels: String,
    /// Sorted by code within each method.
    statuses: Vec<(u16, u64)>,
    /// What fell into each bucket, not what fell below.
    counts: Vec<u64>,
    /// Sorted by type within each handler.
    exceptions: Vec<(&'static str, u64)>,
}

/// Where a list of one handler or method begins and ends.
type Part = Range<usize>;

struct HandlerSums {
    series: &'static Series,
    head: Part,
    tail: Part,
    methods: Part,
    exceptions: Part,
}

struct MethodSums {
    method: Method,
    statuses: Part,
    bounds: &'static Bounds,
    counts: Part,
    ticks: u64,
    inprogress: i64,
    request_bytes: u64,
    response_bytes: u64,
}

/// One handler in a snapshot.
pub(crate) struct Handler<'a> {
    pub(crate) series: &'static Series,
    pub(crate) head: &'a str,
    pub(crate) tail: &'a str,
    pub(crate) exceptions: &'a [(&'static str, u64)],
    methods: &'a [MethodSums],
    snapshot: &'a Snapshot,
}

/// One method of a handler in a snapshot.
pub(crate) struct PerMethod<'a> {
    pub(crate) method: Method,
    pub(crate) statuses: &'a [(u16, u64)],
    pub(crate) durations: Histogram<'a>,
    pub(crate) inprogress: i64,
}

/// Buckets hold what fell into each, not what fell below.
pub(crate) struct Histogram<'a> {
    pub(crate) bounds: &'static Bounds,
    pub(crate) counts: &'a [u64],
    ticks: u64,
}

impl Snapshot {
    fn with_room_as(earlier: &Self) -> Self {
        Self {
            handlers: Vec::with_capacity(earlier.handlers.len()),
            methods: Vec::with_capacity(earlier.methods.len()),
            labels: String::new(),
            statuses: Vec::with_capacity(earlier.statuses.len()),
            counts: Vec::with_capacity(earlier.counts.len()),
            exceptions: Vec::with_capacity(earlier.exceptions.len()),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.handlers.len()
    }

    pub(crate) fn handler(&self, index: usize) -> Handler<'_> {
        let handler = &self.handlers[index];
        Handler {
            series: handler.series,
            head: &self.labels[handler.head.clone()],
            tail: &self.labels[handler.tail.clone()],
            exceptions: &self.exceptions[handler.exceptions.clone()],
            methods: &self.methods[handler.methods.clone()],
            snapshot: self,
        }
    }

    pub(crate) fn handlers(&self) -> impl Iterator<Item = Handler<'_>> {
        (0..self.len()).map(|index| self.handler(index))
    }

    /// Which handlers' numbers are not those of an earlier snapshot; `None` if it has other handlers.
    fn changed_since(&self, earlier: &Self) -> Option<Vec<bool>> {
        let pairs = || iter::zip(&self.handlers, &earlier.handlers);
        let same_handlers = self.len() == earlier.len()
            && pairs().all(|(now, then)| ptr::eq(now.series, then.series));
        same_handlers.then(|| {
            pairs()
                .map(|(now, then)| !self.says_the_same(now, earlier, then))
                .collect()
        })
    }

    /// Whether all numbers of one of these handlers are those of one of another snapshot's.
    fn says_the_same(&self, own: &HandlerSums, other: &Self, others: &HandlerSums) -> bool {
        let methods = &self.methods[own.methods.clone()];
        let others_methods = &other.methods[others.methods.clone()];
        self.exceptions[own.exceptions.clone()] == other.exceptions[others.exceptions.clone()]
            && methods.len() == others_methods.len()
            && iter::zip(methods, others_methods).all(|(own, others)| {
                own.method == others.method
                    && own.ticks == others.ticks
                    && own.inprogress == others.inprogress
                    && own.request_bytes == others.request_bytes
                    && own.response_bytes == others.response_bytes
                    && ptr::eq(own.bounds, others.bounds)
                    && self.counts[own.counts.clone()] == other.counts[others.counts.clone()]
                    && self.statuses[own.statuses.clone()]
                        == other.statuses[others.statuses.clone()]
            })
    }
}

impl<'a> Handler<'a> {
    pub(crate) fn methods(&self) -> impl Iterator<Item = PerMethod<'a>> + use<'a> {
        let snapshot = self.snapshot;
        self.methods.iter().map(|sums| PerMethod {
            method: sums.method,
            statuses: &snapshot.statuses[sums.statuses.clone()],
            durations: Histogram {
                bounds: sums.bounds,
                counts: &snapshot.counts[sums.counts.clone()],
                ticks: sums.ticks,
            },
            inprogress: sums.inprogress,
        })
    }

    pub(crate) fn requests(&self) -> u64 {
        self.methods()
            .flat_map(|method| method.statuses)
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

impl Histogram<'_> {
    pub(crate) fn sum_nanos(&self) -> u64 {
        clock::nanos(self.ticks)
    }

    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

impl Recorder {
    /// All handlers, with those the program declares.
    pub(crate) fn snapshot(&'static self) -> Snapshot {
        self.snapshot_after(None).0
    }

    /// The same, and which handlers' numbers are not those of an earlier snapshot; `None` if that had other handlers.
    pub(crate) fn snapshot_after(
        &'static self,
        earlier: Option<Snapshot>,
    ) -> (Snapshot, Option<Vec<bool>>) {
        self.declare_literals();
        let mut snapshot = self.recorded(earlier.as_ref());
        if let Some(earlier) = earlier
            && let Some(changed) = snapshot.changed_since(&earlier)
        {
            snapshot.take_labels(earlier);
            (snapshot, Some(changed))
        } else {
            snapshot.gather_labels();
            (snapshot, None)
        }
    }

    /// Without labels, and without the handlers the program declares. An earlier snapshot tells how much room it takes.
    pub(super) fn recorded(&'static self, earlier: Option<&Snapshot>) -> Snapshot {
        let mut snapshot = earlier.map_or_else(Snapshot::default, Snapshot::with_room_as);
        self.table.for_each(|shown| snapshot.add_handler(shown));
        snapshot
    }

    /// Looks at all requests together, where the configuration asks for it.
    pub(crate) fn overall<T>(&'static self, look: impl FnOnce(Histogram<'_>) -> T) -> Option<T> {
        let bounds = self.high_resolution?;
        let mut counts = vec![0; bounds.len() + 1];
        let mut ticks = 0_u64;
        for part in lock(&self.overall).iter() {
            ticks = ticks.wrapping_add(part.sum());
            add_counts(&mut counts, bounds, part);
        }
        Some(look(Histogram {
            bounds,
            counts: &counts,
            ticks,
        }))
    }
}

impl Snapshot {
    /// Nothing is added for a handler that has nothing to show: `CatchAll` began to record a request and an annotated
    /// handler with a label of its own took it over.
    fn add_handler(&mut self, shown: &Shown) {
        let first_method = self.methods.len();
        let first_exception = self.exceptions.len();
        for label in &shown.error_types {
            add(&mut self.exceptions, first_exception, *label, 0);
        }
        for method in &shown.methods {
            if !self.add_method(method) {
                continue;
            }
            add(&mut self.exceptions, first_exception, PANIC, 0);
            for cells in &method.cells {
                cells.for_each_error(|label, count| {
                    add(&mut self.exceptions, first_exception, label, count);
                });
            }
        }
        self.exceptions[first_exception..].sort_unstable();
        let methods = first_method..self.methods.len();
        let exceptions = first_exception..self.exceptions.len();
        if !methods.is_empty() || !exceptions.is_empty() {
            self.handlers.push(HandlerSums {
                series: shown.series,
                head: 0..0,
                tail: 0..0,
                methods,
                exceptions,
            });
        }
    }

    /// Not while handlers are added: that is done under the table's lock, and one walk waits less for memory than two
    /// at once.
    fn gather_labels(&mut self) {
        for handler in &mut self.handlers {
            let start = self.labels.len();
            self.labels.push_str(handler.series.head);
            let middle = self.labels.len();
            self.labels.push_str(handler.series.tail);
            handler.head = start..middle;
            handler.tail = middle..self.labels.len();
        }
    }

    /// From a snapshot of the same handlers.
    fn take_labels(&mut self, mut earlier: Self) {
        self.labels = mem::take(&mut earlier.labels);
        for (now, then) in self.handlers.iter_mut().zip(earlier.handlers) {
            now.head = then.head;
            now.tail = then.tail;
        }
    }

    /// Whether there was something to add.
    fn add_method(&mut self, shown: &ShownMethod) -> bool {
        let ShownMethod {
            method,
            expected,
            cells,
        } = shown;
        let first_status = self.statuses.len();
        let first_count = self.counts.len();
        let bounds = common_bounds(*expected, cells);
        let mut sums = MethodSums {
            method: *method,
            statuses: 0..0,
            bounds,
            counts: 0..0,
            ticks: 0,
            inprogress: 0,
            request_bytes: 0,
            response_bytes: 0,
        };
        self.counts.resize(first_count + bounds.len() + 1, 0);
        for cells in cells {
            // Before the statuses: else a request that ends in between is seen in neither, and its handler vanishes.
            sums.inprogress = sums.inprogress.wrapping_add(cells.inprogress());
            add_counts(&mut self.counts[first_count..], bounds, &cells.durations);
            sums.ticks = sums.ticks.wrapping_add(cells.durations.sum());
            cells
                .statuses
                .for_each(|status, count| add(&mut self.statuses, first_status, status, count));
            sums.request_bytes += cells.request_bytes();
            sums.response_bytes += cells.response_bytes();
        }
        if self.statuses.len() == first_status && sums.inprogress == 0 && expected.is_none() {
            self.counts.truncate(first_count);
            return false;
        }
        for status in EXPECTED_STATUSES {
            add(&mut self.statuses, first_status, status, 0);
        }
        self.statuses[first_status..].sort_unstable();
        sums.statuses = first_status..self.statuses.len();
        sums.counts = first_count..self.counts.len();
        self.methods.push(sums);
        true
    }
}

/// Adds to the count under a key of the list that begins at `first`.
fn add<K: PartialEq>(counts: &mut Vec<(K, u64)>, first: usize, key: K, count: u64) {
    match counts[first..].iter_mut().find(|(known, _)| *known == key) {
        Some((_, total)) => *total += count,
        None => counts.push((key, count)),
    }
}

fn add_counts(counts: &mut [u64], bounds: &Bounds, part: &Distribution) {
    for (index, count) in part.counts().enumerate() {
        let index = if part.bounds.number == bounds.number {
            index
        } else {
            // Some bound of ours stands at or above each of theirs: `common_bounds` chose them so.
            let upper = part
                .bounds
                .seconds
                .get(index)
                .copied()
                .unwrap_or(f64::INFINITY);
            let ours = bounds.seconds.iter();
            ours.take_while(|bound| **bound < upper).count()
        };
        counts[index] += count;
    }
}

/// The bounds under which all cells can be shown as one series: those that were written to, as expected or not.
///
/// Two handlers may share a label and a method (told apart by another guard) and differ in their buckets: only the
/// bounds both have can be counted exactly. Cells that were never written to have no say: `CatchAll` opened them for
/// a request that an annotated handler took over.
fn common_bounds(expected: Option<&'static Bounds>, cells: &[&'static Cells]) -> &'static Bounds {
    let mut all = cells.iter().map(|cells| cells.durations.bounds);
    let any = expected.or_else(|| all.next());
    if let Some(any) = any
        && all.all(|bounds| bounds.number == any.number)
    {
        return any;
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Config, site::Site};

    static SITE: Site = Site::new("snapshot");

    fn recorder() -> &'static Recorder {
        let config = Config::builder().resolve(|_| None).unwrap();
        let recorder = Recorder::new(config, false, |_| ());
        let label = || Some("/x".to_owned());
        let record = recorder.begin(&SITE, Method::Get, clock::now(), label);
        record.failures().count("shop::NotFound");
        record.finish(404, 1);
        recorder
    }

    #[test]
    fn every_number_tells_that_a_handler_changed() {
        let recorder = recorder();
        let changes: [fn(&mut Snapshot); 11] = [
            |now| now.statuses[0].0 += 1,
            |now| now.statuses[0].1 += 1,
            |now| now.counts[0] += 1,
            |now| now.exceptions[0].0 = "shop::Gone",
            |now| now.exceptions[0].1 += 1,
            |now| now.methods[0].method = Method::Post,
            |now| now.methods[0].bounds = Box::leak(Box::new(Bounds::new(usize::MAX, &[]))),
            |now| now.methods[0].ticks += 1,
            |now| now.methods[0].inprogress += 1,
            |now| now.methods[0].request_bytes += 1,
            |now| now.methods[0].response_bytes += 1,
        ];
        let then = recorder.recorded(None);
        for (number, change) in changes.iter().enumerate() {
            let mut now = recorder.recorded(None);
            assert_eq!(now.changed_since(&then), Some(vec![false]));
            change(&mut now);
            assert_eq!(now.changed_since(&then), Some(vec![true]), "{number}");
        }
        let mut now = recorder.recorded(None);
        now.handlers[0].methods.end = 0;
        assert_eq!(now.changed_since(&then), Some(vec![true]));
        now.handlers.clear();
        assert_eq!(now.changed_since(&then), None);
    }

    #[test]
    fn other_handlers_under_the_same_labels_are_others() {
        let [now, then] = [recorder(), recorder()].map(|recorder| recorder.recorded(None));
        assert_eq!(now.changed_since(&then), None);
    }
}
