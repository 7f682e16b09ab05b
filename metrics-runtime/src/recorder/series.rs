//! Every handler's series: made once, kept for good, read by scrapes.

use std::{
    collections::BTreeMap,
    hint::black_box,
    sync::{
        Mutex, MutexGuard, PoisonError,
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
    /// Nothing else's, and another after every change.
    pub(crate) version: usize,
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

    pub(crate) fn cells(&self) -> impl Iterator<Item = &'static Cells> {
        self.methods
            .iter()
            .flat_map(|method| method.cells.iter().copied())
    }

    /// Brings what a visit reads into the cache.
    pub(crate) fn fetch(&self) {
        self.cells().for_each(Cells::fetch);
        black_box(self.series.head.as_bytes().first());
    }

    /// Shows what a thread will record from now on.
    pub(crate) fn add_cells(&mut self, cells: &'static Cells) {
        self.method(cells.method).cells.push(cells);
    }
}

/// All series of one [`Recorder`].
#[derive(Default)]
pub(crate) struct Table {
    /// One lock for all: a scrape would wait for each of a thousand, and a thread that records needs it only when it meets
    /// a handler for the first time.
    series: Mutex<List>,
    bounds: Mutex<Vec<&'static Bounds>>,
}

#[derive(Default)]
pub(crate) struct List {
    shown: Vec<Shown>,
    /// Where they are, by `handler` and `tail`: in the order they are shown.
    places: BTreeMap<(&'static str, &'static str), usize>,
    /// How often anything of this changed.
    pub(crate) version: usize,
}

impl List {
    pub(crate) fn len(&self) -> usize {
        self.shown.len()
    }

    pub(crate) fn at(&self, place: usize) -> &Shown {
        &self.shown[place]
    }

    /// Each with its place.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = (usize, &Shown)> {
        self.places
            .values()
            .map(|place| (*place, &self.shown[*place]))
    }
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
        let list = &mut *lock(&self.series);
        if let Some(place) = list.places.get(&(handler, tail.as_str())) {
            return list.shown[*place].series;
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
        list.places
            .insert((series.handler, series.tail), list.shown.len());
        list.shown.push(Shown {
            series,
            methods: SmallVec::new(),
            error_types: Vec::new(),
            version: next_number(),
        });
        list.version += 1;
        series
    }

    /// Changes what is shown of a series of this table.
    pub(crate) fn show(&self, series: &Series, change: impl FnOnce(&mut Shown)) {
        let list = &mut *lock(&self.series);
        if let Some(place) = list.places.get(&(series.handler, series.tail)) {
            let shown = &mut list.shown[*place];
            change(shown);
            shown.version = next_number();
            list.version += 1;
        }
    }

    pub(crate) fn list(&self) -> MutexGuard<'_, List> {
        lock(&self.series)
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
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
