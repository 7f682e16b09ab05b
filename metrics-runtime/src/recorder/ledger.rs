//! Which cells belong to which thread.
//!
//! A thread's pages are taken from a pool when it records for the first time and go back when it ends, totals and all:
//! the next thread goes on writing where this one stopped. So there are never more pages than threads lived at once,
//! no total is ever moved, and a scrape needs to know nothing of threads. The pool's lock orders the last store of one
//! owner before the first load of the next.

use std::{cell::RefCell, collections::BTreeMap, mem, ops::Deref, sync::Mutex};

use super::{
    Label, Open, Received, Recorder,
    bounds::Bounds,
    cells::{Cells, Distribution},
    clock::{self, Tick},
    series::{Series, lock},
};
use crate::{exposition::NO_HANDLER, method::Method, site::Site};

static POOL: Mutex<Vec<Pages>> = Mutex::new(Vec::new());

/// How many records a thread keeps for its next requests: a burst of more is not held on to.
const SPARE_RECORDS: usize = 1024;

thread_local! {
    static LEDGER: Ledger = const { Ledger(RefCell::new(Desk::new())) };
}

#[repr(align(64))]
struct Ledger(RefCell<Desk>);

/// What a thread needs at hand; what every request touches comes first, in one cache line.
#[repr(C)]
struct Desk {
    #[expect(clippy::vec_box, reason = "what is kept is the memory of the boxes")]
    spare: Vec<Box<Open>>,
    pages: Pages,
}

/// What one thread writes to, and how it finds it again.
#[repr(C)]
struct Pages {
    /// Of the process-wide recorder.
    own: Recents,
    /// Of other recorders, by their numbers.
    others: BTreeMap<usize, Recents>,
    /// By recorder, site and template.
    series: BTreeMap<(usize, usize, Option<String>), (&'static Series, &'static Bounds)>,
    cells: BTreeMap<(usize, Method, usize), &'static Cells>,
    overall: BTreeMap<usize, &'static Distribution>,
    /// Whether the pool was asked.
    adopted: bool,
}

/// The cells in which each site's last request of each method was recorded, by the site's number.
type Recents = Vec<[Option<&'static Cells>; Method::COUNT]>;

impl Drop for Ledger {
    fn drop(&mut self) {
        let pages = mem::replace(&mut self.0.get_mut().pages, Pages::new());
        if pages.adopted {
            lock(&POOL).push(pages);
        }
    }
}

impl Desk {
    const fn new() -> Self {
        Self {
            spare: Vec::new(),
            pages: Pages::new(),
        }
    }

    /// Opens a request's record and moves the gauge; `None` when the handler is excluded.
    #[inline]
    fn open(&mut self, cells: &'static Cells, begun: Tick) -> Option<Box<Open>> {
        if !cells.enter() {
            return None;
        }
        Some(match self.spare.pop() {
            Some(mut spare) => {
                spare.cells = cells;
                spare.begun = begun;
                spare.received = Received::Bytes(0);
                spare
            }
            None => Box::new(Open::new(cells, begun)),
        })
    }

    /// Keeps a record that is closed for the thread's next request.
    #[inline]
    fn keep(&mut self, open: Box<Open>) {
        if self.spare.len() < SPARE_RECORDS {
            self.spare.push(open);
        }
    }
}

impl Pages {
    const fn new() -> Self {
        Self {
            own: Vec::new(),
            others: BTreeMap::new(),
            series: BTreeMap::new(),
            cells: BTreeMap::new(),
            overall: BTreeMap::new(),
            adopted: false,
        }
    }

    fn recents(&mut self, recorder: &'static Recorder) -> &mut Recents {
        if recorder.number == 0 {
            &mut self.own
        } else {
            self.others.entry(recorder.number).or_default()
        }
    }

    fn find(
        &mut self,
        recorder: &'static Recorder,
        site: &'static Site,
        method: Method,
        label: &mut impl Label,
    ) -> &'static Cells {
        match recent(self.recents(recorder), site, method, label) {
            Some(cells) => cells,
            None => self.find_anew(recorder, site, method, label),
        }
    }

    fn find_anew(
        &mut self,
        recorder: &'static Recorder,
        site: &'static Site,
        method: Method,
        label: &mut impl Label,
    ) -> &'static Cells {
        self.adopt();
        let template = match site.handler {
            Some(_) => None,
            None => label.ask(),
        };
        let (series, bounds) = *self
            .series
            .entry((recorder.number, site.number(), template))
            .or_insert_with_key(|(_, _, template)| {
                let handler = site.handler.or(template.as_deref()).unwrap_or(NO_HANDLER);
                (recorder.series_of(site, handler), recorder.bounds_of(site))
            });
        let cells = self.open(series, method, bounds);
        let recents = self.recents(recorder);
        if site.number() >= recents.len() {
            recents.resize(site.number() + 1, [None; Method::COUNT]);
        }
        recents[site.number()][method as usize] = Some(cells);
        cells
    }

    fn adopt(&mut self) {
        if !self.adopted {
            *self = lock(&POOL).pop().unwrap_or(Self::new());
            self.adopted = true;
        }
    }

    /// Cells of this thread's own for a handler and method.
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
                if !series.excluded {
                    recorder.table.show(series, |shown| shown.add_cells(cells));
                }
                cells
            })
    }
}

/// The cells of the last request to a site by a method, if this request has the same label.
#[inline]
fn recent(
    recents: &Recents,
    site: &'static Site,
    method: Method,
    label: &mut impl Label,
) -> Option<&'static Cells> {
    let cells = recents.get(site.number())?[method as usize]?;
    (site.handler.is_some() || label.is(cells.series.handler)).then_some(cells)
}

/// Opens the record of a request to the process-wide recorder that is like the last to its site; `Err` if it is not.
///
/// The clock is read, if need be, once that is known.
#[inline]
pub(super) fn enter_again(
    site: &'static Site,
    method: Method,
    mut label: impl Label,
    begun: Option<Tick>,
) -> Result<Option<Box<Open>>, NotAgain> {
    let opened = LEDGER.try_with(|ledger| {
        let desk = &mut *ledger.0.borrow_mut();
        let cells = recent(&desk.pages.own, site, method, &mut label).ok_or(NotAgain)?;
        Ok(desk.open(cells, begun.unwrap_or_else(clock::now)))
    });
    opened.unwrap_or(Err(NotAgain))
}

/// The thread's last request to this site by this method was not like this one, or there was none.
pub(super) struct NotAgain;

/// Opens the record of a request in this thread's cells; `None` when the handler is excluded.
pub(super) fn enter(
    recorder: &'static Recorder,
    site: &'static Site,
    method: Method,
    mut label: impl Label,
    begun: Tick,
) -> Option<Box<Open>> {
    let opened = LEDGER.try_with(|ledger| {
        let desk = &mut *ledger.0.borrow_mut();
        let cells = desk.pages.find(recorder, site, method, &mut label);
        desk.open(cells, begun)
    });
    opened.unwrap_or_else(|_| {
        let Borrowed(pages) = &mut Borrowed::take();
        let cells = pages.find(recorder, site, method, &mut label);
        cells.enter().then(|| Box::new(Open::new(cells, begun)))
    })
}

/// Keeps a record that is closed for the thread's next request, unless the thread is ending.
#[inline]
pub(super) fn keep(open: Box<Open>) {
    let _ = LEDGER.try_with(|ledger| ledger.0.borrow_mut().keep(open));
}

/// A record's cells, for this thread to write to: while it owns its pages those it began in, then their like in pages
/// borrowed for the moment.
#[inline]
pub(super) fn cells_of(open: &Open) -> Writable {
    if LEDGER.try_with(|_| ()).is_ok() {
        Writable {
            cells: open.cells,
            borrowed: None,
        }
    } else {
        Writable::borrowed(open.cells)
    }
}

pub(super) struct Writable {
    cells: &'static Cells,
    #[expect(dead_code, reason = "given back when it is dropped")]
    borrowed: Option<Borrowed>,
}

impl Deref for Writable {
    type Target = Cells;

    #[inline]
    fn deref(&self) -> &Cells {
        self.cells
    }
}

impl Writable {
    #[cold]
    fn borrowed(cells: &Cells) -> Self {
        let mut borrowed = Borrowed::take();
        let bounds = cells.durations.bounds;
        Self {
            cells: borrowed.0.open(cells.series, cells.method, bounds),
            borrowed: Some(borrowed),
        }
    }
}

/// Pages for a thread that is ending: its own are back in the pool, perhaps another thread's by now.
struct Borrowed(Box<Pages>);

impl Borrowed {
    #[cold]
    fn take() -> Self {
        let mut pages = lock(&POOL).pop().unwrap_or(Pages::new());
        pages.adopted = true;
        Self(Box::new(pages))
    }
}

impl Drop for Borrowed {
    #[cold]
    fn drop(&mut self) {
        lock(&POOL).push(mem::replace(&mut *self.0, Pages::new()));
    }
}
