//! Which cells belong to which thread.
//!
//! A thread's pages are taken from a pool when it records for the first time and go back when it ends, totals and all:
//! the next thread goes on writing where this one stopped. So there are never more pages than threads lived at once,
//! no total is ever moved, and a scrape needs to know nothing of threads. The pool's lock orders the last store of one
//! owner before the first load of the next.

use std::{cell::RefCell, collections::BTreeMap, mem, sync::Mutex};

use super::{
    Label, Recorder,
    bounds::Bounds,
    cells::{Cells, Distribution},
    series::{Series, lock},
};
use crate::{exposition::NO_HANDLER, method::Method, site::Site};

static POOL: Mutex<Vec<Pages>> = Mutex::new(Vec::new());

thread_local! {
    static LEDGER: Ledger = const { Ledger(RefCell::new(Pages::new())) };
}

struct Ledger(RefCell<Pages>);

impl Drop for Ledger {
    fn drop(&mut self) {
        let pages = mem::replace(self.0.get_mut(), Pages::new());
        if pages.adopted {
            lock(&POOL).push(pages);
        }
    }
}

/// What one thread writes to, and how it finds it again.
struct Pages {
    /// Whether the pool was asked.
    adopted: bool,
    /// Mounts of the process-wide recorder, by the site's number.
    sites: Vec<Mounts>,
    /// Mounts of other recorders.
    others: BTreeMap<(usize, usize), Mounts>,
    cells: BTreeMap<(usize, Method, usize), &'static Cells>,
    overall: BTreeMap<usize, &'static Distribution>,
}

/// The templates under which a site was reached.
#[derive(Default)]
struct Mounts {
    last: usize,
    list: Vec<Mount>,
    by_template: BTreeMap<Option<String>, usize>,
}

struct Mount {
    template: Option<String>,
    cells: [Option<&'static Cells>; Method::COUNT],
    /// `None` when the configuration excludes the handler.
    series: Option<&'static Series>,
}

impl Pages {
    const fn new() -> Self {
        Self {
            adopted: false,
            sites: Vec::new(),
            others: BTreeMap::new(),
            cells: BTreeMap::new(),
            overall: BTreeMap::new(),
        }
    }

    #[inline]
    fn find(
        &mut self,
        recorder: &'static Recorder,
        site: &'static Site,
        method: Method,
        label: impl Label,
    ) -> Option<&'static Cells> {
        let mounts = if recorder.number == 0 {
            let number = site.number();
            if number >= self.sites.len() {
                self.grow(number);
            }
            &mut self.sites[number]
        } else {
            self.adopt();
            self.others
                .entry((recorder.number, site.number()))
                .or_default()
        };
        let index = if site.handler.is_some() && !mounts.list.is_empty() {
            0
        } else {
            mounts.index_of(recorder, site, label)
        };
        let mount = &mounts.list[index];
        match mount.cells[method as usize] {
            Some(cells) => Some(cells),
            None => {
                let series = mount.series?;
                let cells = self.open(series, method, recorder.bounds_of(site));
                let mounts = if recorder.number == 0 {
                    &mut self.sites[site.number()]
                } else {
                    self.others
                        .entry((recorder.number, site.number()))
                        .or_default()
                };
                mounts.list[index].cells[method as usize] = Some(cells);
                Some(cells)
            }
        }
    }

    #[cold]
    fn grow(&mut self, number: usize) {
        self.adopt();
        if number >= self.sites.len() {
            self.sites.resize_with(number + 1, Mounts::default);
        }
    }

    fn adopt(&mut self) {
        if !self.adopted {
            *self = lock(&POOL).pop().unwrap_or(Self::new());
            self.adopted = true;
        }
    }

    /// Cells of this thread's own for a handler and method.
    #[cold]
    fn open(
        &mut self,
        series: &'static Series,
        method: Method,
        bounds: &'static Bounds,
    ) -> &'static Cells {
        let recorder = series.recorder;
        let overall = recorder.high_resolution.map(|bounds| {
            *self.overall.entry(recorder.number).or_insert_with(|| {
                let overall = Box::leak(Box::new(Distribution::new(bounds)));
                lock(&recorder.overall).push(overall);
                overall
            })
        });
        self.cells
            .entry((series.number, method, bounds.number))
            .or_insert_with(|| {
                let cells = Box::leak(Box::new(Cells::new(series, method, bounds, overall)));
                series.add_cells(cells);
                cells
            })
    }
}

impl Mounts {
    /// Where the request's template stands in the list; a new one is added.
    fn index_of(
        &mut self,
        recorder: &'static Recorder,
        site: &'static Site,
        label: impl Label,
    ) -> usize {
        let is_last = |mount: &Mount| mount.template.as_deref().is_some_and(|last| label.is(last));
        if self.list.get(self.last).is_some_and(is_last) {
            return self.last;
        }
        let template = match site.handler {
            Some(_) => None,
            None => label.ask(),
        };
        self.last = match self.by_template.get(&template) {
            Some(index) => *index,
            None => {
                let handler = site.handler.or(template.as_deref()).unwrap_or(NO_HANDLER);
                self.by_template.insert(template.clone(), self.list.len());
                self.list.push(Mount {
                    series: recorder.series_of(site, handler),
                    cells: [None; Method::COUNT],
                    template,
                });
                self.list.len() - 1
            }
        };
        self.last
    }
}

/// Finds this thread's cells for a request that begins and moves the gauge; `None` when the handler is excluded.
#[inline]
pub(crate) fn enter(
    recorder: &'static Recorder,
    site: &'static Site,
    method: Method,
    label: impl Label,
) -> Option<&'static Cells> {
    let mut label = Some(label);
    let mut enter = |pages: &mut Pages| {
        let label = label.take().expect("one of the two calls below is made");
        let cells = pages.find(recorder, site, method, label)?;
        cells.move_inprogress(1);
        Some(cells)
    };
    match LEDGER.try_with(|ledger| enter(&mut ledger.0.borrow_mut())) {
        Ok(cells) => cells,
        Err(_) => with_borrowed(enter),
    }
}

/// Writes to `cells` while this thread still owns its pages, or to their like in pages borrowed for the moment.
#[inline]
pub(crate) fn write(cells: &'static Cells, write: impl FnOnce(&Cells)) {
    if LEDGER.try_with(|_| ()).is_ok() {
        write(cells);
    } else {
        with_borrowed(|pages| {
            write(pages.open(cells.series, cells.method, cells.durations.bounds));
        });
    }
}

/// The thread is ending and its pages are back in the pool, perhaps another thread's by now: borrow some.
#[cold]
fn with_borrowed<T>(work: impl FnOnce(&mut Pages) -> T) -> T {
    let mut pages = lock(&POOL).pop().unwrap_or(Pages::new());
    pages.adopted = true;
    let result = work(&mut pages);
    lock(&POOL).push(pages);
    result
}
