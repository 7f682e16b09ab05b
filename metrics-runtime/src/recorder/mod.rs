//! Recording: what happens between a request's first byte of extraction and its last byte of response.
//!
//! A [`Record`] is begun per request and, whatever ends it, finished once. It writes to [`cells`] that only the
//! current thread writes, as [`single_writer`] has it; [`ledger`] says which those are; [`series`] lists them for the
//! [`snapshot`] a scrape takes.

mod bounds;
mod cells;
pub(crate) mod clock;
mod ledger;
pub(crate) mod series;
mod single_writer;
pub(crate) mod snapshot;
#[cfg(test)]
mod tests;

use std::{
    cell::Cell,
    marker::PhantomData,
    mem,
    rc::Rc,
    sync::{
        Mutex,
        atomic::{self, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use once_cell::sync::OnceCell;

use self::{
    bounds::Bounds,
    cells::{Cells, Distribution},
    clock::Tick,
    series::{Series, Table},
};
use crate::{
    config::Config,
    error_type,
    hook::{self, FinishedRequest},
    method::Method,
    site::{SITES, Site},
    template::Template,
};

/// Upper bounds in seconds of `http_request_duration_highr_seconds`, those of the Python original.
const HIGH_RESOLUTION_BUCKETS: [f64; 21] = [
    0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0,
    7.5, 10.0, 30.0, 60.0,
];

/// The client went away before there was a response: nginx's code for it.
const CLIENT_CLOSED_REQUEST: u16 = 499;
const INTERNAL_SERVER_ERROR: u16 = 500;

/// Label of a panic among the error types.
pub(crate) const PANIC: &str = "panic";

/// Runs work after the response is on its way.
pub(crate) type Defer = fn(Box<dyn FnOnce()>);

/// One configuration and everything recorded under it.
pub(crate) struct Recorder {
    /// 0 for the process-wide one.
    number: usize,
    pub(crate) config: Config,
    table: Table,
    default_bounds: &'static Bounds,
    high_resolution: Option<&'static Bounds>,
    overall: Mutex<Vec<&'static Distribution>>,
    sites_declared: OnceCell<()>,
    defer: Defer,
}

impl Recorder {
    /// Made once per configuration and never freed, see [`Table::series`].
    pub(crate) fn new(config: Config, process_wide: bool, defer: Defer) -> &'static Self {
        static OTHERS: AtomicUsize = AtomicUsize::new(1);
        clock::warm_up();
        let table = Table::default();
        Box::leak(Box::new(Self {
            number: if process_wide {
                0
            } else {
                OTHERS.fetch_add(1, Relaxed)
            },
            high_resolution: config
                .high_resolution_latency
                .then(|| table.bounds(&HIGH_RESOLUTION_BUCKETS)),
            default_bounds: table.bounds(&config.latency_buckets),
            config,
            table,
            overall: Mutex::default(),
            sites_declared: OnceCell::new(),
            defer,
        }))
    }

    fn bounds_of(&self, site: &Site) -> &'static Bounds {
        match site.buckets {
            Some(buckets) => self.table.bounds(buckets),
            None => self.default_bounds,
        }
    }

    fn series_of(&'static self, site: &Site, handler: &str) -> &'static Series {
        self.table.series(self, handler, site)
    }

    /// Shows a site's series at zero under a label that is known before any request.
    pub(crate) fn declare(&'static self, site: &Site, handler: &str) {
        if site.skip {
            return;
        }
        let series = self.series_of(site, handler);
        if series.excluded {
            return;
        }
        let bounds = self.bounds_of(site);
        self.table.show(series, |shown| {
            for method in site.known_methods() {
                shown.expect(method, bounds);
            }
            shown.expect_error(PANIC);
            if let Some(error) = site.error.and_then(|name| error_type::label(name())) {
                shown.expect_error(&error);
            }
        });
    }

    /// Declares every site whose label is a literal, once.
    fn declare_literals(&'static self) {
        self.sites_declared.get_or_init(|| {
            for site in SITES {
                if let Some(handler) = site.handler {
                    self.declare(site, handler);
                }
            }
        });
    }

    /// Starts the record of a request; of none if its handler is excluded.
    ///
    /// `label` is asked only of sites without a literal.
    pub(crate) fn begin(
        &'static self,
        site: &'static Site,
        method: Method,
        begun: Tick,
        label: impl Label,
    ) -> Record {
        Record(ledger::enter(self, site, method, label, begun))
    }
}

/// The label of a request whose site has no literal one.
pub(crate) trait Label {
    /// Whether it is this one, as far as can be told cheaply.
    fn is(&self, known: &Template) -> bool;

    /// What it is; `None` where no resource matched.
    fn ask(&mut self) -> Option<String>;
}

impl<F: FnMut() -> Option<String>> Label for F {
    fn is(&self, _known: &Template) -> bool {
        false
    }

    fn ask(&mut self) -> Option<String> {
        self()
    }
}

/// Bytes of a request's body.
pub(crate) enum Received {
    /// Known from the start.
    Bytes(u64),
    /// Counted while they arrive.
    Counted(Rc<Cell<u64>>),
}

/// How many were counted.
#[cold]
#[expect(
    clippy::needless_pass_by_value,
    reason = "freed here, out of other requests' way"
)]
fn arrived(bytes: Rc<Cell<u64>>) -> u64 {
    bytes.get()
}

/// A request being recorded, or none. Dropped before it is answered, it records a client that left (`499`) or a panic
/// (`500`).
///
/// A pointer, because it travels by value with the handler's arguments and its response; what it points to is used
/// again for the thread's next request.
#[derive(Default)]
pub(crate) struct Record(Option<Box<Open>>);

/// What is known of a request while it is open.
pub(crate) struct Open {
    cells: &'static Cells,
    begun: Tick,
    received: Received,
    /// Cells belong to the thread, so the record must stay on it.
    not_send: PhantomData<*const ()>,
}

/// Where a request's error is counted, right after the request is: a hook that runs at once does not see it yet.
pub(crate) struct Failures {
    cells: Option<&'static Cells>,
    not_send: PhantomData<*const ()>,
}

impl Failures {
    /// The handler returned an error, in a type the compiler calls `returned`.
    #[cold]
    pub(crate) fn count(&self, returned: &'static str) {
        if let Some(cells) = self.cells {
            ledger::writable(cells).count_error(returned, || error_type::label(returned));
        }
    }
}

/// How a request ends.
#[derive(Clone, Copy)]
struct End {
    status: u16,
    sent: u64,
    /// Ticks the request took, and those until the head of its response.
    total: u64,
    to_head: u64,
    /// Whether the gauge still counts it.
    in_progress: bool,
}

impl End {
    #[inline]
    fn now(open: &Open, status: u16, sent: u64) -> Self {
        let total = open.age();
        Self {
            status,
            sent,
            total,
            to_head: total,
            in_progress: true,
        }
    }
}

impl Record {
    /// Starts the record of a request to the process-wide recorder, if it is like the last to its site by its method;
    /// `None` if not.
    #[inline]
    pub(crate) fn again(
        site: &'static Site,
        method: Method,
        label: &impl Label,
        begun: Option<Tick>,
    ) -> Option<Self> {
        ledger::enter_again(site, method, label, begun)
            .ok()
            .map(Self)
    }

    pub(crate) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The request has this body. Not asked where nothing is recorded: a body might be wrapped to be counted.
    pub(crate) fn receives(&mut self, received: impl FnOnce() -> Received) {
        if let Some(open) = &mut self.0 {
            open.received = received();
        }
    }

    pub(crate) fn take_received(&mut self) -> Received {
        match &mut self.0 {
            Some(open) => mem::replace(&mut open.received, Received::Bytes(0)),
            None => Received::Bytes(0),
        }
    }

    pub(crate) fn handler(&self) -> Option<&str> {
        Some(self.0.as_ref()?.cells.series.handler)
    }

    pub(crate) fn method(&self) -> Option<Method> {
        Some(self.0.as_ref()?.cells.method)
    }

    /// Where to count the error, should the handler turn out to have returned one.
    #[inline]
    pub(crate) fn failures(&self) -> Failures {
        Failures {
            cells: self.0.as_ref().map(|open| open.cells),
            not_send: PhantomData,
        }
    }

    /// The response has this status, and a body of so many bytes.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "one call less in every request")]
    pub(crate) fn finish(mut self, status: u16, sent: u64) {
        if let Some(open) = self.0.take() {
            open.close(|open| End::now(open, status, sent));
        }
    }

    /// The response has this status, and a body that is still to be produced.
    pub(crate) fn stream(self, status: u16) -> StreamRecord {
        let mut to_head = 0;
        if let Some(open) = &self.0 {
            to_head = open.age();
            if open.cells.ends_at_head {
                open.leave();
            }
        }
        StreamRecord {
            status,
            sent: 0,
            to_head,
            record: self,
        }
    }

    /// Takes the request back as if it had never been begun: somebody else records it.
    pub(crate) fn cancel(mut self) {
        if let Some(mut open) = self.0.take() {
            open.leave();
            open.received = Received::Bytes(0);
            ledger::keep(open);
        }
    }
}

impl Drop for Record {
    #[inline]
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            open.abandon();
        }
    }
}

impl Open {
    fn new(cells: &'static Cells, begun: Tick) -> Self {
        Self {
            cells,
            begun,
            received: Received::Bytes(0),
            not_send: PhantomData,
        }
    }

    /// The same memory for the next request.
    #[inline]
    fn reopen(&mut self, cells: &'static Cells, begun: Tick) {
        self.cells = cells;
        self.begun = begun;
    }

    /// Ticks since the request began.
    #[inline]
    fn age(&self) -> u64 {
        clock::ticks(self.begun, clock::now())
    }

    /// The request is no longer in progress.
    #[inline]
    fn leave(&self) {
        ledger::writable(self.cells).pulse.leave();
    }

    /// Writes the request to its cells, or to their like.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "one call less in every request")]
    fn close(mut self: Box<Self>, end: impl FnOnce(&Self) -> End) {
        match ledger::own(self.cells) {
            Some(cells) => {
                let end = end(&self);
                self.write(cells, end);
                ledger::keep(self);
            }
            None => self.close_in_an_ending_thread(end),
        }
    }

    #[cold]
    fn close_in_an_ending_thread(mut self: Box<Self>, end: impl FnOnce(&Self) -> End) {
        let end = end(&self);
        let cells = ledger::writable(self.cells);
        self.write(&cells, end);
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "one call less in every request")]
    fn write(&mut self, cells: &Cells, end: End) {
        let received = self.take_received_bytes();
        let observed = if cells.ends_at_head {
            end.to_head
        } else {
            end.total
        };
        cells.durations.observe(observed);
        if let Some(overall) = cells.overall {
            overall.observe(observed);
        }
        cells.add_bytes(received, end.sent);
        cells.statuses.count(end.status);
        if end.in_progress {
            cells.pulse.end();
        } else {
            cells.pulse.count();
        }
        if cells.has_hooks {
            self.run_hooks(end, received);
        }
    }

    #[inline]
    fn take_received_bytes(&mut self) -> u64 {
        match mem::replace(&mut self.received, Received::Bytes(0)) {
            Received::Bytes(bytes) => bytes,
            Received::Counted(bytes) => arrived(bytes),
        }
    }

    /// The request has no response: its client left, or its handler panicked.
    #[cold]
    fn abandon(self: Box<Self>) {
        let status = if thread::panicking() {
            self.count_panic();
            INTERNAL_SERVER_ERROR
        } else {
            CLIENT_CLOSED_REQUEST
        };
        self.close(|open| End::now(open, status, 0));
    }

    #[cold]
    fn count_panic(&self) {
        ledger::writable(self.cells).count_error(PANIC, || Some(PANIC.to_owned()));
    }

    #[cold]
    fn run_hooks(&self, end: End, received: u64) {
        let series = self.cells.series;
        let recorder = series.recorder;
        let finished = FinishedRequest {
            handler: series.handler.to_owned(),
            method: self.cells.method.name(),
            status: end.status,
            duration: Duration::from_nanos(clock::nanos(end.total)),
            duration_to_head: Duration::from_nanos(clock::nanos(end.to_head)),
            request_bytes: received,
            response_bytes: end.sent,
        };
        (recorder.defer)(Box::new(move || {
            hook::run(&recorder.config.hooks, &finished);
        }));
    }
}

/// A request whose response is being streamed. Dropping it ends the record: under the status that was sent, and as an
/// exception too if the stream panicked.
pub(crate) struct StreamRecord {
    status: u16,
    sent: u64,
    /// Ticks until the response's head was made.
    to_head: u64,
    record: Record,
}

impl StreamRecord {
    /// Bytes of the response's body were produced.
    pub(crate) fn sends(&mut self, bytes: u64) {
        self.sent += bytes;
    }
}

impl Drop for StreamRecord {
    fn drop(&mut self) {
        if let Some(open) = self.record.0.take() {
            if thread::panicking() {
                open.count_panic();
            }
            open.close(|open| End {
                to_head: self.to_head,
                in_progress: !open.cells.ends_at_head,
                ..End::now(open, self.status, self.sent)
            });
        }
    }
}
