//! Every handler's series: made once, kept for good, read by scrapes.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use smallvec::SmallVec;

use super::{Recorder, bounds::Bounds, cells::Cells};
use crate::{label, method::Method, site::Site};

/// What one handler label (with the labels of its attribute) stands for.
pub(crate) struct Series {
    pub(crate) recorder: &'static Recorder,
    pub(crate) number: usize,
    pub(crate) handler: String,
    /// Whether the configuration wants it neither recorded nor shown.
    pub(crate) excluded: bool,
    /// The attribute's labels, then the configuration's.
    pub(crate) labels: Vec<(String, String)>,
    /// `handler="/x"`.
    pub(crate) head: String,
    /// `,team="catalog",service="orders"`, or nothing.
    pub(crate) tail: String,
    shown: Mutex<Shown>,
}

/// What a scrape visits. Small lists in one place: a scrape of many handlers waits for memory more than for anything.
#[derive(Default)]
struct Shown {
    methods: SmallVec<[MethodSeries; 1]>,
    error_types: SmallVec<[&'static str; 2]>,
}

struct MethodSeries {
    method: Method,
    /// Set for a method that is shown before it was ever used.
    expected: Option<&'static Bounds>,
    cells: SmallVec<[&'static Cells; 2]>,
}

impl Shown {
    fn of(&mut self, method: Method) -> &mut MethodSeries {
        let index = match self
            .methods
            .binary_search_by_key(&method, |known| known.method)
        {
            Ok(index) => index,
            Err(index) => {
                self.methods.insert(
                    index,
                    MethodSeries {
                        method,
                        expected: None,
                        cells: SmallVec::new(),
                    },
                );
                index
            }
        };
        &mut self.methods[index]
    }
}

impl Series {
    /// Shows a method before it was ever used.
    pub(crate) fn expect(&self, method: Method, bounds: &'static Bounds) {
        lock(&self.shown).of(method).expected = Some(bounds);
    }

    /// Shows an error type before it ever occurred.
    pub(crate) fn expect_error(&self, label: &str) {
        let error_types = &mut lock(&self.shown).error_types;
        if error_types.iter().all(|known| *known != label) {
            // As many as the program has error types.
            error_types.push(Box::leak(label.into()));
        }
    }

    /// Shows what a thread will record from now on.
    pub(crate) fn add_cells(&self, cells: &'static Cells) {
        lock(&self.shown).of(cells.method).cells.push(cells);
    }

    /// Visits the expected error types, then each method that may have something to show: the bounds it is expected
    /// with, and all its cells; there is one of the two at least.
    ///
    /// The lock is held for the visit; a thread that records needs it only the first time it meets the handler.
    pub(crate) fn visit<T>(
        &self,
        state: &mut T,
        mut error_type: impl FnMut(&mut T, &'static str),
        mut method: impl FnMut(&mut T, Method, Option<&'static Bounds>, &[&'static Cells]),
    ) {
        let shown = lock(&self.shown);
        for label in &shown.error_types {
            error_type(state, label);
        }
        for series in &shown.methods {
            method(state, series.method, series.expected, &series.cells);
        }
    }
}

/// All series of one [`Recorder`], in the order they are shown.
#[derive(Default)]
pub(crate) struct Table {
    series: Mutex<BTreeMap<(String, String), &'static Series>>,
    bounds: Mutex<Vec<&'static Bounds>>,
}

impl Table {
    /// The series of a handler label under a site's labels, made if need be.
    ///
    /// They are never freed: there are as many as the program has handlers, and recording must not count references.
    pub(crate) fn series(
        &self,
        recorder: &'static Recorder,
        handler: &str,
        site: &Site,
    ) -> &'static Series {
        let constant = &recorder.config.custom_labels;
        let labels: Vec<(String, String)> = site
            .labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .chain(
                constant
                    .iter()
                    .filter(|(name, _)| site.labels.iter().all(|(own, _)| own != name))
                    .cloned(),
            )
            .collect();
        let mut tail = String::new();
        for (name, value) in &labels {
            tail.push(',');
            label::push_pair(&mut tail, name, value);
        }
        let mut table = lock(&self.series);
        table
            .entry((handler.to_owned(), tail.clone()))
            .or_insert_with(|| {
                let mut head = String::new();
                label::push_pair(&mut head, "handler", handler);
                Box::leak(Box::new(Series {
                    recorder,
                    number: next_number(),
                    handler: handler.to_owned(),
                    excluded: recorder.config.is_excluded(handler),
                    labels,
                    head,
                    tail,
                    shown: Mutex::default(),
                }))
            })
    }

    pub(crate) fn bounds(&self, seconds: &[f64]) -> &'static Bounds {
        let mut known = lock(&self.bounds);
        if let Some(bounds) = known.iter().find(|bounds| *bounds.seconds == *seconds) {
            return bounds;
        }
        let bounds: &'static Bounds = Box::leak(Box::new(Bounds::new(next_number(), seconds)));
        known.push(bounds);
        bounds
    }

    pub(crate) fn all(&self) -> Vec<&'static Series> {
        lock(&self.series).values().copied().collect()
    }
}

fn next_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Relaxed)
}

/// A panic cannot leave these collections half-changed, so a poisoned lock is as good as any.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
