//! Which cells belong to which thread.
//!
//! A thread's pages are taken from a pool when it records for the first time and go back when it ends, totals and all:
//! the next thread goes on writing where this one stopped. So there are never more pages than threads lived at once,
//! no total is ever moved, and a scrape needs to know nothing of threads. The pool's lock orders the last store of one
//! owner before the first load of the next.
//!
//! That is so where the target has thread-locals of its own, as Linux, macOS and Windows with MSVC do. Where std makes
//! them of the system's keys, it frees them in an order of the system's choice: the pages of a thread that ended may then
//! not be used again, and a record that outlives its thread's desk may be lost.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    mem::{self, ManuallyDrop},
    ops::Deref,
    sync::Mutex,
};

use super::{
    Label, Open, Recorder,
    bounds::Bounds,
    cells::{Cells, Distribution},
    clock::{self, Tick},
    series::{Series, lock},
};
use crate::{exposition::NO_HANDLER, method::Method, site::Site};

static POOL: Mutex<Vec<Pages>> = Mutex::new(Vec::new());

/// How many closed records a thread keeps beside the last one: a burst of more is not held on to.
const SPARE_RECORDS: usize = 1024;

thread_local! {
    /// Without a destructor, so that std need not ask in every request whether it has run; [`AtEnd`] is that.
    static DESK: ManuallyDrop<Desk> = const { ManuallyDrop::new(Desk::new()) };
    static AT_END: AtEnd = const { AtEnd };
}

/// `LocalKey::with`, but inlined.
#[inline]
fn at_desk<R>(work: impl FnOnce(&Desk) -> R) -> R {
    DESK.try_with(|desk| work(desk))
        .expect("what has no destructor is never gone")
}

/// What a thread needs at hand; what every request touches comes first, in one cache line.
#[repr(C, align(64))]
struct Desk {
    /// The record last closed, with nothing received: its memory is the next request's.
    spare: Cell<Option<Box<Open>>>,
    /// Whether the thread is ending: its pages are back in the pool, perhaps another thread's by now.
    ended: Cell<bool>,
    pages: RefCell<Pages>,
    /// Other closed records, where requests wait for something and are many at once.
    #[expect(clippy::vec_box, reason = "what is kept is the memory of the boxes")]
    more_spare: RefCell<Vec<Box<Open>>>,
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

/// Gives a thread's pages back when it ends.
struct AtEnd;

impl Drop for AtEnd {
    fn drop(&mut self) {
        at_desk(|desk| {
            desk.ended.set(true);
            let pages = desk.pages.replace(Pages::new());
            if pages.adopted {
                lock(&POOL).push(pages);
            }
            desk.spare.take();
            desk.more_spare.take();
        });
    }
}

impl Desk {
    const fn new() -> Self {
        Self {
            spare: Cell::new(None),
            ended: Cell::new(false),
            pages: RefCell::new(Pages::new()),
            more_spare: RefCell::new(Vec::new()),
        }
    }
}

/// Opens a request's record and moves the gauge; `None` when the handler is excluded.
#[inline]
fn open(cells: &'static Cells, begun: Tick) -> Option<Box<Open>> {
    if !cells.enter() {
        return None;
    }
    Some(match at_desk(|desk| desk.spare.take()) {
        Some(mut spare) => {
            spare.reopen(cells, begun);
            spare
        }
        None => open_another(cells, begun),
    })
}

#[inline(never)]
#[expect(clippy::unnecessary_box_returns, reason = "boxes are what is kept")]
fn open_another(cells: &'static Cells, begun: Tick) -> Box<Open> {
    match at_desk(|desk| desk.more_spare.borrow_mut().pop()) {
        Some(mut spare) => {
            spare.reopen(cells, begun);
            spare
        }
        None => Box::new(Open::new(cells, begun)),
    }
}

/// Keeps a record that is closed for the thread's next request, unless the thread is ending.
#[inline]
pub(super) fn keep(closed: Box<Open>) {
    let another = at_desk(|desk| {
        if desk.ended.get() {
            Some(closed)
        } else {
            desk.spare.replace(Some(closed))
        }
    });
    if let Some(another) = another {
        keep_another(another);
    }
}

#[inline(never)]
fn keep_another(closed: Box<Open>) {
    at_desk(|desk| {
        let mut spare = desk.more_spare.borrow_mut();
        if spare.len() < SPARE_RECORDS && !desk.ended.get() {
            spare.push(closed);
        }
    });
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
        match recent(self.recents(recorder), site.number(), method) {
            Some(cells) if is_label_of(cells, site, label) => cells,
            _ => self.find_anew(recorder, site, method, label),
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
            AT_END.with(|_| ());
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

/// The cells of the last request to a site by a method.
#[inline]
fn recent(recents: &Recents, site: usize, method: Method) -> Option<&'static Cells> {
    recents.get(site)?[method as usize]
}

/// Whether a request to `site` is recorded in its last one's cells.
#[inline]
fn is_label_of(cells: &Cells, site: &Site, label: &impl Label) -> bool {
    site.handler.is_some() || label.is(&cells.series.template)
}

/// Opens the record of a request to the process-wide recorder that is like the last to its site; `Err` if it is not.
///
/// The clock is read, if need be, once that is known.
#[inline]
pub(super) fn enter_again(
    site: &'static Site,
    method: Method,
    label: &impl Label,
    begun: Option<Tick>,
) -> Result<Option<Box<Open>>, NotAgain> {
    let number = site.number();
    match at_desk(|desk| recent(&desk.pages.borrow_mut().own, number, method)) {
        Some(cells) if is_label_of(cells, site, label) => {
            Ok(open(cells, begun.unwrap_or_else(clock::now)))
        }
        _ => Err(NotAgain),
    }
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
    at_desk(|desk| {
        if desk.ended.get() {
            let Borrowed(pages) = &mut Borrowed::take();
            let cells = pages.find(recorder, site, method, &mut label);
            return cells.enter().then(|| Box::new(Open::new(cells, begun)));
        }
        let mut pages = desk.pages.borrow_mut();
        open(pages.find(recorder, site, method, &mut label), begun)
    })
}

/// A record's cells, while its thread owns them.
#[inline]
pub(super) fn own(cells: &'static Cells) -> Option<&'static Cells> {
    at_desk(|desk| (!desk.ended.get()).then_some(cells))
}

/// A record's cells, for this thread to write to: while it owns its pages those it began in, then their like in pages
/// borrowed for the moment.
pub(super) fn writable(cells: &'static Cells) -> Writable {
    match own(cells) {
        Some(cells) => Writable {
            cells,
            borrowed: None,
        },
        None => Writable::borrowed(cells),
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
