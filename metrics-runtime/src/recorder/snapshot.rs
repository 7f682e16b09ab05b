//! What a scrape sees: every thread's cells added up.

use std::{iter, mem, ops::Range, ptr};

use smallvec::SmallVec;

use super::{
    PANIC, Recorder,
    bounds::Bounds,
    cells::{Cells, Distribution},
    clock,
    series::{List, Series, Shown, ShownMethod, Table, lock},
    single_writer::Pulse,
};
use crate::method::Method;

/// Statuses shown at zero for every handler and method that may be asked for: without the first, a rate has no
/// denominator before the first success; without the second, `increase()` misses the first internal error, because
/// a counter that appears at 1 never rose.
const EXPECTED_STATUSES: [u16; 2] = [200, 500];

/// So many handlers are summed up together.
const BATCH: usize = 32;

/// Every handler's sums of one moment, in the order they are shown.
///
/// Renewed, it takes anew only those batches of handlers that were written to since: most handlers of many are idle most
/// of the time.
#[derive(Default)]
pub(crate) struct Snapshot {
    rows: Vec<Row>,
    /// Heads and tails of the series' labels, side by side: six families look at each.
    labels: String,
    /// Each of [`BATCH`] rows, but for the last.
    batches: Vec<Batch>,
    /// Of the table the rows are from.
    version: usize,
}

/// A handler, and where the table has it.
struct Row {
    place: usize,
    series: &'static Series,
    head: Part,
    tail: Part,
}

/// Some handlers next to each other.
///
/// The lists are flat: a batch is a few allocations, and a family's writer walks through memory one way.
#[derive(Default)]
struct Batch {
    handlers: Vec<HandlerSums>,
    methods: Vec<MethodSums>,
    /// Sorted by code within each method.
    statuses: Vec<(u16, u64)>,
    /// What fell into each bucket, not what fell below.
    counts: Vec<u64>,
    /// Sorted by type within each handler.
    exceptions: Vec<(&'static str, u64)>,
    /// All cells, and their pulses before the sums were taken.
    cells: Vec<&'static Cells>,
    pulses: Vec<u64>,
}

/// What of a handler is not what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Changed {
    /// With their durations and sizes.
    pub(crate) requests: bool,
    pub(crate) inprogress: bool,
    pub(crate) exceptions: bool,
}

impl Changed {
    pub(crate) const NOTHING: Self = Self::all(false);
    const ANYTHING: Self = Self::all(true);

    const fn all(changed: bool) -> Self {
        Self {
            requests: changed,
            inprogress: changed,
            exceptions: changed,
        }
    }
}

/// Where a list of one handler or method begins and ends.
type Part = Range<usize>;

struct HandlerSums {
    methods: Part,
    exceptions: Part,
    /// Of what was shown.
    version: usize,
    pulses: Part,
}

#[derive(Clone)]
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
    batch: &'a Batch,
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
    /// How many handlers there are, with those that have nothing to show.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// One of the handlers; `None` if it has nothing to show.
    pub(crate) fn handler(&self, index: usize) -> Option<Handler<'_>> {
        let row = &self.rows[index];
        let batch = &self.batches[index / BATCH];
        let sums = &batch.handlers[index % BATCH];
        sums.shows_something().then(|| Handler {
            series: row.series,
            head: &self.labels[row.head.clone()],
            tail: &self.labels[row.tail.clone()],
            exceptions: &batch.exceptions[sums.exceptions.clone()],
            methods: &batch.methods[sums.methods.clone()],
            batch,
        })
    }

    pub(crate) fn handlers(&self) -> impl Iterator<Item = Handler<'_>> {
        (0..self.len()).filter_map(|index| self.handler(index))
    }

    /// Takes what is shown now. Says what of each handler is not what it was; `None` if there are other handlers.
    fn renew(&mut self, table: &Table) -> Option<Vec<Changed>> {
        let list = table.list();
        let may_be_quiet = self.version == list.version;
        let same_handlers = may_be_quiet || self.take_rows(&list);
        let mut changed = Vec::with_capacity(self.len());
        let mut fresh = self
            .batches
            .first()
            .map_or_else(Batch::default, Batch::with_room_as);
        for (batch, rows) in iter::zip(&mut self.batches, self.rows.chunks(BATCH)) {
            if may_be_quiet && batch.is_quiet() {
                changed.resize(changed.len() + rows.len(), Changed::NOTHING);
                continue;
            }
            let shown: SmallVec<[&Shown; BATCH]> =
                rows.iter().map(|row| list.at(row.place)).collect();
            fresh.watch(&shown);
            fresh.sum_up(&shown, batch, &mut changed);
            mem::swap(&mut fresh, batch);
            if fresh.handlers.is_empty() {
                fresh = Batch::with_room_as(batch);
            }
        }
        drop(list);
        if same_handlers {
            Some(changed)
        } else {
            self.gather_labels();
            None
        }
    }

    /// Says whether the handlers are those that were here before.
    fn take_rows(&mut self, list: &List) -> bool {
        self.version = list.version;
        let all = || list.in_order();
        let same = self.len() == list.len()
            && iter::zip(&self.rows, all())
                .all(|(row, (_, shown))| ptr::eq(row.series, shown.series));
        if !same {
            self.rows.clear();
            self.rows.extend(all().map(|(place, shown)| Row {
                place,
                series: shown.series,
                head: 0..0,
                tail: 0..0,
            }));
            self.batches
                .resize_with(self.rows.len().div_ceil(BATCH), Batch::default);
        }
        same
    }

    /// Not while the table is locked, and one walk through memory waits less than two at once.
    fn gather_labels(&mut self) {
        self.labels.clear();
        for row in &mut self.rows {
            let start = self.labels.len();
            self.labels.push_str(row.series.head);
            let middle = self.labels.len();
            self.labels.push_str(row.series.tail);
            row.head = start..middle;
            row.tail = middle..self.labels.len();
        }
    }
}

impl Batch {
    fn with_room_as(other: &Self) -> Self {
        Self {
            handlers: Vec::with_capacity(other.handlers.len()),
            methods: Vec::with_capacity(other.methods.len()),
            statuses: Vec::with_capacity(other.statuses.len()),
            counts: Vec::with_capacity(other.counts.len()),
            exceptions: Vec::with_capacity(other.exceptions.len()),
            cells: Vec::with_capacity(other.cells.len()),
            pulses: Vec::with_capacity(other.pulses.len()),
        }
    }

    /// Whether nothing was counted, begun or left since, and nothing is under way.
    fn is_quiet(&self) -> bool {
        iter::zip(&self.cells, &self.pulses)
            .all(|(cells, pulse)| cells.pulse.read() == *pulse && is_at_rest(*pulse))
    }

    /// Reads all pulses, before anything that is summed up.
    fn watch(&mut self, shown: &[&Shown]) {
        self.handlers.clear();
        self.cells.clear();
        self.pulses.clear();
        for shown in shown {
            let start = self.cells.len();
            self.cells.extend(shown.cells());
            let cells = &self.cells[start..];
            self.pulses
                .extend(cells.iter().map(|cells| cells.pulse.read()));
            self.handlers.push(HandlerSums {
                methods: 0..0,
                exceptions: 0..0,
                version: shown.version,
                pulses: start..self.pulses.len(),
            });
        }
    }

    /// Sums up the handlers that were written to since the last batch of them was watched, and keeps the others' sums.
    /// Adds what changed.
    ///
    /// What is written after a pulse was read may be in the sums, and is read once more at the next scrape.
    fn sum_up(&mut self, shown: &[&Shown], last: &Self, changed: &mut Vec<Changed>) {
        self.methods.clear();
        self.statuses.clear();
        self.counts.clear();
        self.exceptions.clear();
        // All memory before any is looked at: a handler's sums take so long that the processor sees nothing of the next,
        // and would wait for each handler's memory anew.
        for (index, shown) in shown.iter().enumerate() {
            if !self.is_as_in(last, index) {
                shown.fetch();
            }
        }
        for (index, shown) in shown.iter().enumerate() {
            let first_method = self.methods.len();
            let first_exception = self.exceptions.len();
            let is_kept = self.is_as_in(last, index);
            if is_kept {
                self.keep(last, index);
            } else {
                self.add_handler(shown, self.handlers[index].pulses.start);
            }
            let sums = &mut self.handlers[index];
            sums.methods = first_method..self.methods.len();
            sums.exceptions = first_exception..self.exceptions.len();
            changed.push(if is_kept {
                Changed::NOTHING
            } else {
                self.changed_since(last, index)
            });
        }
    }

    /// Whether a handler was not written to since the last batch was watched, and is not now.
    fn is_as_in(&self, last: &Self, index: usize) -> bool {
        let now = &self.handlers[index];
        let pulses = &self.pulses[now.pulses.clone()];
        last.handlers.get(index).is_some_and(|then| {
            now.version == then.version && *pulses == last.pulses[then.pulses.clone()]
        }) && pulses.iter().copied().all(is_at_rest)
    }

    /// Adds what the last batch says of a handler.
    fn keep(&mut self, last: &Self, index: usize) {
        fn append<T: Copy>(list: &mut Vec<T>, more: &[T]) -> Part {
            let start = list.len();
            list.extend_from_slice(more);
            start..list.len()
        }
        let then = &last.handlers[index];
        for method in &last.methods[then.methods.clone()] {
            self.methods.push(MethodSums {
                statuses: append(&mut self.statuses, &last.statuses[method.statuses.clone()]),
                counts: append(&mut self.counts, &last.counts[method.counts.clone()]),
                ..method.clone()
            });
        }
        append(
            &mut self.exceptions,
            &last.exceptions[then.exceptions.clone()],
        );
    }

    fn changed_since(&self, last: &Self, index: usize) -> Changed {
        let now = &self.handlers[index];
        let Some(then) = last.handlers.get(index) else {
            return Changed::ANYTHING;
        };
        let methods = || {
            let now = &self.methods[now.methods.clone()];
            iter::zip(now, &last.methods[then.methods.clone()])
        };
        let same_methods = now.methods.len() == then.methods.len()
            && methods().all(|(now, then)| now.method == then.method);
        if !same_methods || now.shows_something() != then.shows_something() {
            return Changed::ANYTHING;
        }
        Changed {
            requests: !methods().all(|(now, then)| self.counts_as(now, last, then)),
            inprogress: methods().any(|(now, then)| now.inprogress != then.inprogress),
            exceptions: self.exceptions[now.exceptions.clone()]
                != last.exceptions[then.exceptions.clone()],
        }
    }

    fn counts_as(&self, now: &MethodSums, last: &Self, then: &MethodSums) -> bool {
        now.ticks == then.ticks
            && now.request_bytes == then.request_bytes
            && now.response_bytes == then.response_bytes
            && ptr::eq(now.bounds, then.bounds)
            && self.counts[now.counts.clone()] == last.counts[then.counts.clone()]
            && self.statuses[now.statuses.clone()] == last.statuses[then.statuses.clone()]
    }
}

impl HandlerSums {
    fn shows_something(&self) -> bool {
        !self.methods.is_empty() || !self.exceptions.is_empty()
    }
}

/// A request that is being counted while its numbers are read may show in some: they are read again until it is done, or
/// another reader might have seen more.
fn is_at_rest(pulse: u64) -> bool {
    Pulse::inprogress(pulse) == 0
}

impl<'a> Handler<'a> {
    pub(crate) fn methods(&self) -> impl Iterator<Item = PerMethod<'a>> + use<'a> {
        let batch = self.batch;
        self.methods.iter().map(|sums| PerMethod {
            method: sums.method,
            statuses: &batch.statuses[sums.statuses.clone()],
            durations: Histogram {
                bounds: sums.bounds,
                counts: &batch.counts[sums.counts.clone()],
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
        let mut snapshot = Snapshot::default();
        self.renew(&mut snapshot);
        snapshot
    }

    /// Takes an earlier snapshot anew. Says what of each handler is not what it was; `None` if there are other
    /// handlers.
    pub(crate) fn renew(&'static self, snapshot: &mut Snapshot) -> Option<Vec<Changed>> {
        self.declare_literals();
        snapshot.renew(&self.table)
    }

    /// Without the handlers the program declares.
    #[cfg(test)]
    pub(super) fn recorded(&'static self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.renew(&self.table);
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

impl Batch {
    /// A handler may have nothing to show: `CatchAll` began to record a request and an annotated handler with a label of
    /// its own took it over.
    fn add_handler(&mut self, shown: &Shown, mut pulse: usize) {
        let first_exception = self.exceptions.len();
        for label in &shown.error_types {
            add(&mut self.exceptions, first_exception, *label, 0);
        }
        for method in &shown.methods {
            let pulses = pulse..pulse + method.cells.len();
            pulse = pulses.end;
            if !self.add_method(method, pulses) {
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
    }

    /// Whether there was something to add.
    fn add_method(&mut self, shown: &ShownMethod, pulses: Part) -> bool {
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
            // As of before the statuses: else a request that ends in between is seen in neither, and its handler vanishes.
            inprogress: self.pulses[pulses]
                .iter()
                .copied()
                .map(Pulse::inprogress)
                .sum(),
            request_bytes: 0,
            response_bytes: 0,
        };
        self.counts.resize(first_count + bounds.len() + 1, 0);
        for cells in cells {
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
    use crate::{
        config::Config,
        recorder::{Received, Record},
        site::Site,
    };

    static SITE: Site = Site::new("snapshot");
    /// More than a batch.
    const HANDLERS: usize = BATCH + 8;
    /// In the middle of the second batch.
    const BUSY: usize = BATCH + 3;

    fn begin(recorder: &'static Recorder, handler: usize, method: Method) -> Record {
        let label = || Some(format!("/{handler:04}"));
        recorder.begin(&SITE, method, clock::now(), label)
    }

    fn recorder() -> &'static Recorder {
        let config = Config::builder().exclude_streaming_duration(true);
        let recorder = Recorder::new(config.resolve(|_| None).unwrap(), false, |_| ());
        for handler in 0..HANDLERS {
            begin(recorder, handler, Method::Get).finish(200, 1);
        }
        recorder
    }

    const REQUESTS: Changed = Changed {
        requests: true,
        ..Changed::NOTHING
    };
    const IN_PROGRESS: Changed = Changed {
        inprogress: true,
        ..Changed::NOTHING
    };
    const EXCEPTIONS: Changed = Changed {
        exceptions: true,
        ..Changed::NOTHING
    };

    fn of_busy(changed: Changed) -> Vec<Changed> {
        let mut all = vec![Changed::NOTHING; HANDLERS];
        all[BUSY] = changed;
        all
    }

    /// Every number, by the name of its field.
    fn numbers(snapshot: &Snapshot) -> Vec<String> {
        let handlers = snapshot.handlers().map(|handler| {
            let methods: Vec<_> = handler
                .methods()
                .map(|method| {
                    let Histogram {
                        bounds,
                        counts,
                        ticks,
                    } = method.durations;
                    (
                        method.method.name(),
                        method.statuses,
                        method.inprogress,
                        (&bounds.seconds, counts, ticks),
                    )
                })
                .collect();
            let [received, sent] = [handler.request_bytes(), handler.response_bytes()];
            let Handler {
                head,
                tail,
                exceptions,
                ..
            } = handler;
            format!("{head}{tail} {methods:?} {exceptions:?} {received} {sent}")
        });
        handlers.collect()
    }

    #[test]
    fn whatever_is_written_a_renewed_snapshot_has_it_and_says_so() {
        let recorder = recorder();
        let begin_by = |method| begin(recorder, BUSY, method);
        let begin = || begin_by(Method::Get);
        let mut snapshot = recorder.recorded();
        let mut check = |what: &str, told: Changed| {
            let changed = snapshot.renew(&recorder.table);
            assert_eq!(changed, Some(of_busy(told)), "{what}");
            assert_eq!(numbers(&snapshot), numbers(&recorder.recorded()), "{what}");
            let quiet = snapshot.renew(&recorder.table);
            assert_eq!(quiet, Some(of_busy(Changed::NOTHING)), "{what}");
        };
        begin().finish(200, 0);
        check("a request", REQUESTS);
        begin().finish(404, 7);
        check("another status", REQUESTS);
        let mut uploaded = begin();
        uploaded.receives(|| Received::Bytes(3));
        uploaded.finish(200, 0);
        check("a body", REQUESTS);
        let taken_over = begin();
        check("a request that begins", IN_PROGRESS);
        for what in ["an error", "an error known before"] {
            let failures = taken_over.failures();
            failures.count("core::result::Result<(), shop::NotFound>");
            check(what, EXCEPTIONS);
        }
        taken_over.cancel();
        check("a request somebody took over", IN_PROGRESS);
        drop(begin());
        check("a client that left", REQUESTS);
        let streamed = begin();
        check("another that begins", IN_PROGRESS);
        let stream = streamed.stream(200);
        check("a stream that is not in progress any more", IN_PROGRESS);
        drop(stream);
        check("a stream's end", REQUESTS);
        begin_by(Method::Post).finish(200, 0);
        check("another method", Changed::ANYTHING);
        recorder.declare(&SITE, &format!("/{BUSY:04}"));
        check(
            "what is expected of it, and shown already",
            Changed::NOTHING,
        );
    }

    #[test]
    fn every_number_tells_what_changed() {
        let recorder = recorder();
        let steps: [fn(&mut Batch) -> Changed; 9] = [
            |now| {
                now.statuses[0].0 += 1;
                REQUESTS
            },
            |now| {
                now.statuses[0].1 += 1;
                REQUESTS
            },
            |now| {
                now.counts[0] += 1;
                REQUESTS
            },
            |now| {
                now.methods[0].ticks += 1;
                REQUESTS
            },
            |now| {
                now.methods[0].request_bytes += 1;
                REQUESTS
            },
            |now| {
                now.methods[0].response_bytes += 1;
                REQUESTS
            },
            |now| {
                now.methods[0].bounds = Box::leak(Box::new(Bounds::new(0, &[])));
                REQUESTS
            },
            |now| {
                now.methods[0].inprogress += 1;
                IN_PROGRESS
            },
            |now| {
                now.exceptions[0].1 += 1;
                EXCEPTIONS
            },
        ];
        for (number, step) in steps.into_iter().enumerate() {
            let [then, mut now] = [(); 2].map(|()| recorder.recorded());
            let told = step(&mut now.batches[0]);
            let changed = now.batches[0].changed_since(&then.batches[0], 0);
            assert_eq!(changed, told, "{number}");
        }
    }

    #[test]
    fn a_handler_that_has_nothing_to_show_is_seen_when_it_has() {
        let recorder = recorder();
        let label = format!("/{HANDLERS:04}");
        begin(recorder, HANDLERS, Method::Get).cancel();
        let mut snapshot = recorder.recorded();
        let last_of = |snapshot: &mut Snapshot| {
            let changed = snapshot.renew(&recorder.table).unwrap()[HANDLERS];
            (changed, snapshot.handler(HANDLERS).is_some())
        };
        assert_eq!(last_of(&mut snapshot), (Changed::NOTHING, false));
        let passing = begin(recorder, HANDLERS, Method::Get);
        assert_eq!(last_of(&mut snapshot), (Changed::ANYTHING, true));
        passing.cancel();
        assert_eq!(last_of(&mut snapshot), (Changed::ANYTHING, false));
        // Without a method.
        recorder.declare(&SITE, &label);
        assert_eq!(last_of(&mut snapshot), (Changed::ANYTHING, true));
    }

    /// Another reader may have seen more than the last renewal.
    #[test]
    fn a_request_that_is_being_counted_is_read_again() {
        let recorder = recorder();
        let _open = begin(recorder, BUSY, Method::Get);
        let mut snapshot = recorder.recorded();
        let cells = snapshot.batches[1].cells[BUSY - BATCH];
        cells.statuses.count(200);
        let changed = snapshot.renew(&recorder.table);
        assert_eq!(changed, Some(of_busy(REQUESTS)));
        assert_eq!(numbers(&snapshot), numbers(&recorder.recorded()));
    }

    /// Of a thread that is ending, a request ends in other cells than it began in.
    #[test]
    fn a_request_counted_where_it_did_not_begin_is_seen() {
        let recorder = recorder();
        let mut snapshot = recorder.recorded();
        let cells = snapshot.batches[1].cells[BUSY - BATCH];
        for gone in 1..3 {
            cells.statuses.count(200);
            cells.pulse.end();
            let changed = snapshot.renew(&recorder.table).unwrap()[BUSY];
            assert!(changed.requests && changed.inprogress);
            assert_eq!(in_progress(&snapshot), [(Method::Get, -gone)]);
        }
    }

    fn in_progress(snapshot: &Snapshot) -> Vec<(Method, i64)> {
        let handler = snapshot.handler(BUSY).unwrap();
        let methods = handler.methods();
        methods
            .map(|method| (method.method, method.inprogress))
            .collect()
    }

    #[test]
    fn each_method_has_its_own_requests_in_progress() {
        let recorder = recorder();
        let _posted = begin(recorder, BUSY, Method::Post);
        let _put = begin(recorder, BUSY, Method::Put);
        let _another = begin(recorder, BUSY, Method::Put);
        let now = in_progress(&recorder.recorded());
        let each = [(Method::Get, 0), (Method::Post, 1), (Method::Put, 2)];
        assert!(each.iter().all(|method| now.contains(method)) && now.len() == 3);
    }

    /// A method is shown while a request is in progress that somebody takes over.
    #[test]
    fn a_method_that_is_shown_instead_of_another_is_seen() {
        let recorder = recorder();
        let methods = [Method::Post, Method::Put];
        let mut snapshot = recorder.recorded();
        for _ in 0..2 {
            for method in methods {
                let passing = begin(recorder, BUSY, method);
                let changed = snapshot.renew(&recorder.table).unwrap()[BUSY];
                assert_eq!(changed, Changed::ANYTHING);
                assert!(in_progress(&snapshot).contains(&(method, 1)));
                passing.cancel();
            }
        }
    }

    #[test]
    fn other_threads_cells_are_watched_too() {
        let recorder = recorder();
        let mut snapshot = recorder.recorded();
        // While this thread keeps its cells, another gets its own.
        std::thread::scope(|scope| {
            let serve = || begin(recorder, BUSY, Method::Get).finish(200, 0);
            scope.spawn(move || {
                for _ in 0..2 {
                    serve();
                    let changed = snapshot.renew(&recorder.table);
                    assert_eq!(changed, Some(of_busy(REQUESTS)));
                    assert_eq!(numbers(&snapshot), numbers(&recorder.recorded()));
                }
            });
        });
    }

    #[test]
    fn handlers_come_in_order_wherever_they_stand() {
        let recorder = recorder();
        let mut snapshot = recorder.recorded();
        for handler in ["/0000/first", "/zzz/last"] {
            recorder.declare(&SITE, handler);
            assert_eq!(snapshot.renew(&recorder.table), None, "{handler}");
            assert_eq!(numbers(&snapshot), numbers(&recorder.recorded()));
            let quiet = snapshot.renew(&recorder.table).unwrap();
            assert!(quiet.iter().all(|changed| *changed == Changed::NOTHING));
            assert_eq!(snapshot.version, recorder.table.list().version);
        }
        let labels = snapshot.handlers().map(|handler| handler.series.handler);
        assert!(labels.is_sorted());
    }

    #[test]
    fn what_comes_and_goes_while_sums_are_taken_is_not_kept() {
        let recorder = recorder();
        let list = recorder.table.list();
        let shown: Vec<&Shown> = list.in_order().map(|(_, shown)| shown).take(1).collect();
        let mut batch = Batch::default();
        batch.watch(&shown);
        let passing = begin(recorder, 0, Method::Get);
        batch.sum_up(&shown, &Batch::default(), &mut Vec::new());
        passing.cancel();
        assert!(batch.is_quiet());
        assert_eq!(batch.methods[0].inprogress, 0);
    }
}
