//! Every handler's series: made once, kept for good, read by scrapes.

use std::{
    collections::BTreeMap,
    hint::black_box,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use smallvec::SmallVec;

use super::{Recorder, bounds::Bounds, cells::Cells};
use crate::{label, method::Method, site::Site, template::Template};

/// What one handler label (with the labels of its attribute) stands for.
pub(crate) struct Series {
    pub(crate) recorder: &'static Recorder,
    pub(crate) number: usize,
    pub(crate) handler: &'static str,
    /// The same, to be checked against a request.
    pub(crate) template: Template,
    /// Whether the configuration wants it neither recorded nor shown.
    pub(crate) excluded: bool,
    /// The attribute's labels, then the configuration's.
    pub(crate) labels: Vec<(String, String)>,
    /// `handler="/x"`.
    pub(crate) head: &'static str,
    /// `,team="catalog",service="orders"`, or nothing.
    pub(crate) tail: &'static str,
}

/// What a scrape shows of one handler label.
pub(crate) struct Shown {
    pub(crate) series: &'static Series,
    /// Sorted. Most handlers have one, which a scrape then finds without another look at memory.
    pub(crate) methods: SmallVec<[ShownMethod; 1]>,
    /// Error types that are shown before one ever occurred.
    pub(crate) error_types: Vec<&'static str>,
}

/// Expected, or used, or both.
pub(crate) struct ShownMethod {
    pub(crate) method: Method,
    /// Set for a method that is shown before it was ever used.
    pub(crate) expected: Option<&'static Bounds>,
    pub(crate) cells: SmallVec<[&'static Cells; 2]>,
}

impl Shown {
    fn method(&mut self, method: Method) -> &mut ShownMethod {
        let index = match self
            .methods
            .binary_search_by_key(&method, |known| known.method)
        {
            Ok(index) => index,
            Err(index) => {
                self.methods.insert(
                    index,
                    ShownMethod {
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

    /// Shows a method before it was ever used.
    pub(crate) fn expect(&mut self, method: Method, bounds: &'static Bounds) {
        self.method(method).expected = Some(bounds);
    }

    /// Shows an error type before it ever occurred.
    pub(crate) fn expect_error(&mut self, label: &str) {
        if self.error_types.iter().all(|known| *known != label) {
            // At most as many as the program has handlers and error types.
            self.error_types.push(label.to_owned().leak());
        }
    }

    /// Brings what a visit reads into the cache.
    fn fetch(&self) {
        for cells in self.methods.iter().flat_map(|method| &method.cells) {
            cells.fetch();
        }
        black_box(self.series.head.as_bytes().first());
    }

    /// Shows what a thread will record from now on.
    pub(crate) fn add_cells(&mut self, cells: &'static Cells) {
        self.method(cells.method).cells.push(cells);
    }
}

/// All series of one [`Recorder`], in the order they are shown.
#[derive(Default)]
pub(crate) struct Table {
    /// By `handler` and `tail`. One lock for all: a scrape would wait for each of a thousand, and a thread that records
    /// needs it only when it meets a handler for the first time.
    series: Mutex<BTreeMap<(&'static str, &'static str), Shown>>,
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
        if let Some(shown) = table.get(&(handler, tail.as_str())) {
            return shown.series;
        }
        let mut head = String::new();
        label::push_pair(&mut head, "handler", handler);
        let handler: &'static str = handler.to_owned().leak();
        let series: &'static Series = Box::leak(Box::new(Series {
            recorder,
            number: next_number(),
            handler,
            template: Template::new(handler),
            excluded: recorder.config.is_excluded(handler),
            labels,
            head: head.leak(),
            tail: tail.leak(),
        }));
        table.insert(
            (series.handler, series.tail),
            Shown {
                series,
                methods: SmallVec::new(),
                error_types: Vec::new(),
            },
        );
        series
    }

    /// Changes what is shown of a series of this table.
    pub(crate) fn show(&self, series: &Series, change: impl FnOnce(&mut Shown)) {
        if let Some(shown) = lock(&self.series).get_mut(&(series.handler, series.tail)) {
            change(shown);
        }
    }

    /// Visits all that is shown.
    ///
    /// Some handlers' memory is fetched before the first of them is visited: a visit is so long that the processor sees
    /// nothing of the next, and would wait for each handler's memory anew.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(&Shown)) {
        const AHEAD: usize = 32;
        let table = lock(&self.series);
        let mut rest = table.values();
        let mut next = Vec::with_capacity(AHEAD);
        loop {
            next.extend(rest.by_ref().take(AHEAD));
            if next.is_empty() {
                return;
            }
            for shown in &next {
                shown.fetch();
            }
            next.drain(..).for_each(&mut visit);
        }
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
}

fn next_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Relaxed)
}

/// A panic cannot leave these collections half-changed, so a poisoned lock is as good as any.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
