//! The series of every handler: made once, never freed, read by scrapes.
//!
//! There are as many as the program has handlers, and a count of references would cost every request.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{
            AtomicBool, AtomicU16, AtomicUsize,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
};

use smallvec::SmallVec;

use super::{PANIC, exemplars::ExemplarTable, objectives::Measure};
use crate::{
    config::Config,
    engine::{List, Run, SlotKind, allocate, lock},
    label, label_value,
    method::Method,
    site::Site,
    template::Template,
};

/// Statuses that have a slot from the start, and are shown at zero with every method that is shown: without the first, a
/// rate has no denominator before the first success; without the second, `increase()` misses the first internal error,
/// because a counter that appears at 1 never rose.
pub(super) const FIRST_STATUSES: [u16; 2] = [200, 500];

/// How many statuses have a slot in a method's own run. Further ones get a slot each when they first occur.
pub(super) const STATUSES: usize = 4;

/// The slots of a [`MethodSeries`], in the order of its run. In-progress comes first, so that a snapshot reads it before
/// what a request writes at its end: a request is never missing from both.
pub(super) mod slot {
    use super::STATUSES;

    pub(crate) const IN_PROGRESS: usize = 0;
    /// Ticks.
    pub(crate) const DURATION: usize = 1;
    pub(crate) const RECEIVED: usize = 2;
    pub(crate) const SENT: usize = 3;
    pub(crate) const STATUS: usize = 4;
    /// The first bucket; the others follow.
    pub(crate) const BUCKETS: usize = STATUS + STATUSES;
    /// All but the buckets after the first.
    pub(crate) const HEAD: usize = BUCKETS + 1;
}

/// One value of the `handler` label, with the labels of its attribute.
pub(crate) struct Series {
    pub(crate) handler: &'static str,
    /// The same, to be compared with a request.
    pub(super) template: Template,
    /// Whether the configuration wants it neither recorded nor shown.
    pub(super) excluded: bool,
    /// `handler="/x"`.
    pub(super) prefix: &'static str,
    /// `,team="catalog",service="orders"`, or nothing.
    pub(super) suffix: &'static str,
    preregistered: AtomicBool,
}

/// One method of a series, with the buckets it is timed in and its objectives.
///
/// Handlers that share a label may differ in those; then the series has several of these for a method.
pub(crate) struct MethodSeries {
    pub(super) number: usize,
    pub(super) method: Method,
    pub(super) measure: Measure,
    pub(super) run: Run,
    /// The codes counted in the run's status slots; 0 where none is yet.
    codes: [AtomicU16; STATUSES],
    further_codes: List<(u16, Run)>,
    /// Of every thread that has some.
    pub(super) exemplars: List<ExemplarTable>,
    preregistered: AtomicBool,
}

/// One error type of a series.
#[derive(Clone, Copy)]
pub(super) struct ErrorSeries {
    /// `,exception_type="StoreError"`.
    pub(super) label: &'static str,
    pub(super) run: Run,
    /// Whether it was known before it occurred.
    pub(super) preregistered: bool,
}

/// Where a status is counted.
pub(super) enum StatusSlot {
    /// Among the status slots of the method's run.
    InRun(usize),
    Own(Run),
}

/// A series as a scrape sees it.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) series: &'static Series,
    /// Sorted by method.
    pub(super) methods: SmallVec<[&'static MethodSeries; 1]>,
    /// Sorted by label.
    pub(super) errors: SmallVec<[ErrorSeries; 2]>,
}

/// All series of one configuration.
#[derive(Default)]
pub(super) struct Table(Mutex<Rows>);

#[derive(Default)]
struct Rows {
    /// By prefix and suffix, the order in which they are shown.
    by_labels: BTreeMap<(&'static str, &'static str), Row>,
    /// The same for scrapes, which hold no lock while they read it; `None` if it must be made again.
    shared: Option<Arc<[Row]>>,
}

impl Series {
    pub(super) fn preregister(&self) {
        self.preregistered.store(true, Relaxed);
    }

    pub(super) fn is_preregistered(&self) -> bool {
        self.preregistered.load(Relaxed)
    }
}

impl MethodSeries {
    fn new(method: Method, measure: Measure) -> Self {
        let codes: [AtomicU16; STATUSES] = Default::default();
        for (code, first) in codes.iter().zip(FIRST_STATUSES) {
            code.store(first, Relaxed);
        }
        Self {
            number: next_number(),
            method,
            measure,
            run: allocate(SlotKind::Integer, slot::BUCKETS + measure.buckets.len()),
            codes,
            further_codes: List::new(),
            exemplars: List::new(),
            preregistered: AtomicBool::new(false),
        }
    }

    /// Shows the method before it was ever used.
    pub(super) fn preregister(&self) {
        self.preregistered.store(true, Relaxed);
    }

    pub(super) fn is_preregistered(&self) -> bool {
        self.preregistered.load(Relaxed)
    }

    /// The slot of a status, given to it now if it has none.
    pub(super) fn status_slot(&self, status: u16) -> StatusSlot {
        // Two threads must not give one status two slots.
        static GIVING: Mutex<()> = Mutex::new(());
        for (index, code) in self.codes.iter().enumerate() {
            let taken = code.compare_exchange(0, status, Release, Acquire);
            if taken.is_ok() || taken == Err(status) {
                return StatusSlot::InRun(index);
            }
        }
        let _giving = lock(&GIVING);
        let known = self.further_codes.iter().find(|(code, _)| *code == status);
        let (_, run) = known.unwrap_or_else(|| {
            let run = allocate(SlotKind::Integer, 1);
            self.further_codes.push((status, run))
        });
        StatusSlot::Own(*run)
    }

    /// Every code with a slot, unsorted.
    pub(super) fn codes(&self) -> impl Iterator<Item = (u16, StatusSlot)> {
        let in_run = self.codes.iter().enumerate();
        let in_run = in_run.filter_map(|(index, code)| match code.load(Acquire) {
            0 => None,
            code => Some((code, StatusSlot::InRun(index))),
        });
        let further = self.further_codes.iter();
        in_run.chain(further.map(|(code, run)| (*code, StatusSlot::Own(*run))))
    }
}

impl Table {
    /// The series of a handler label under a site's labels, made if need be. `combination` tells the values that requests
    /// have for labels of their own.
    pub(super) fn series(
        &self,
        config: &Config,
        handler: &str,
        site: &Site,
        combination: usize,
    ) -> &'static Series {
        let of_request = label_value::values(site.request_labels, combination);
        let mut own: SmallVec<[(&str, &str); 4]> = of_request
            .map(|(name, value)| (name, value.unwrap_or_default()))
            .collect();
        own.extend(site.labels.iter().copied());
        let constant = config
            .custom_labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| own.iter().all(|(own, _)| own != name));
        let mut suffix = String::new();
        for (name, value) in own.iter().copied().chain(constant) {
            suffix.push(',');
            label::push_pair(&mut suffix, name, value);
        }
        let mut prefix = String::new();
        label::push_pair(&mut prefix, "handler", handler);
        let rows = &mut *lock(&self.0);
        if let Some(row) = rows.by_labels.get(&(prefix.as_str(), suffix.as_str())) {
            return row.series;
        }
        let handler: &'static str = handler.to_owned().leak();
        let series: &'static Series = Box::leak(Box::new(Series {
            handler,
            template: Template::new(handler),
            excluded: config.is_excluded(handler),
            prefix: prefix.leak(),
            suffix: suffix.leak(),
            preregistered: AtomicBool::new(false),
        }));
        let row = Row {
            series,
            methods: SmallVec::new(),
            errors: SmallVec::new(),
        };
        rows.by_labels.insert((series.prefix, series.suffix), row);
        rows.shared = None;
        series
    }

    /// A method of a series, made if need be.
    pub(super) fn method(
        &self,
        series: &Series,
        method: Method,
        measure: Measure,
    ) -> &'static MethodSeries {
        self.change(series, |row| {
            let known = row.methods.iter().copied();
            let mut same = known.filter(|known| known.method == method);
            match same.find(|known| known.measure == measure) {
                Some(known) => (known, false),
                None => {
                    let made: &'static MethodSeries =
                        Box::leak(Box::new(MethodSeries::new(method, measure)));
                    row.methods.push(made);
                    row.methods.sort_by_key(|known| known.method);
                    (made, true)
                }
            }
        })
    }

    /// An error type of a series that has occurred, made if need be.
    pub(super) fn error(&self, series: &Series, error_type: &str) -> Run {
        self.find_error(series, error_type, false)
    }

    /// Shows an error type of a series before it occurs.
    pub(super) fn preregister_error(&self, series: &Series, error_type: &str) {
        self.find_error(series, error_type, true);
    }

    fn find_error(&self, series: &Series, error_type: &str, preregistered: bool) -> Run {
        let mut text = String::from(",");
        label::push_pair(&mut text, "exception_type", error_type);
        self.change(series, |row| {
            match row.errors.binary_search_by(|known| known.label.cmp(&text)) {
                Ok(index) => {
                    let known = &mut row.errors[index];
                    let changes = preregistered && !known.preregistered;
                    known.preregistered |= preregistered;
                    (known.run, changes)
                }
                Err(index) => {
                    let made = ErrorSeries {
                        label: text.leak(),
                        run: allocate(SlotKind::Integer, 1),
                        preregistered,
                    };
                    row.errors.insert(index, made);
                    (made.run, true)
                }
            }
        })
    }

    /// Changes a series' row; `change` also returns whether it did.
    fn change<T>(&self, series: &Series, change: impl FnOnce(&mut Row) -> (T, bool)) -> T {
        let rows = &mut *lock(&self.0);
        let row = rows
            .by_labels
            .get_mut(&(series.prefix, series.suffix))
            .expect("a series is in the table that made it");
        let (made, changed) = change(row);
        if changed {
            rows.shared = None;
        }
        made
    }

    /// Every series, in the order in which they are shown.
    pub(super) fn rows(&self) -> Arc<[Row]> {
        let rows = &mut *lock(&self.0);
        let shared = rows
            .shared
            .get_or_insert_with(|| rows.by_labels.values().cloned().collect());
        Arc::clone(shared)
    }
}

/// Shown with every method that is shown.
pub(super) fn with_panic(table: &Table, series: &Series) {
    table.preregister_error(series, PANIC);
}

fn next_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Relaxed)
}
