//! Recording: what happens between a request's first byte of extraction and its last byte of response.
//!
//! A [`Record`] is begun per request and, whatever ends it, finished once. It writes to [`cells`] that only the
//! current thread writes; [`ledger`] says which those are; [`series`] lists them for the [`snapshot`] a scrape takes.

mod bounds;
mod cells;
pub(crate) mod clock;
mod ledger;
mod series;
pub(crate) mod snapshot;
#[cfg(test)]
mod tests;

use std::{
    cell::Cell,
    marker::PhantomData,
    rc::Rc,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
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
    default_bounds: OnceCell<&'static Bounds>,
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
            default_bounds: OnceCell::with_value(table.bounds(&config.latency_buckets)),
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
            None => self
                .default_bounds
                .get_or_init(|| self.table.bounds(&self.config.latency_buckets)),
        }
    }

    /// The series of a site under a label, or `None` if the configuration excludes it.
    fn series_of(&'static self, site: &Site, handler: &str) -> Option<&'static Series> {
        (!self.config.is_excluded(handler)).then(|| self.table.series(self, handler, site))
    }

    /// Shows a site's series at zero under a label that is known before any request.
    pub(crate) fn declare(&'static self, site: &Site, handler: &str) {
        if site.skip {
            return;
        }
        let Some(series) = self.series_of(site, handler) else {
            return;
        };
        for method in site.known_methods() {
            series.expect(method, self.bounds_of(site));
        }
        series.expect_error(PANIC.to_owned());
        if let Some(error) = site.error.and_then(|name| error_type::label(name())) {
            series.expect_error(error);
        }
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

    /// Starts the record of a request; `None` when its handler is excluded.
    ///
    /// `template` is asked only of sites without a literal label, and answers `None` where no resource matched.
    #[inline]
    pub(crate) fn begin(
        &'static self,
        site: &'static Site,
        method: Method,
        begun: Tick,
        template: impl FnOnce() -> Option<String>,
    ) -> Option<Record> {
        let cells = ledger::enter(self, site, method, template)?;
        Some(Record {
            cells,
            begun,
            head: None,
            in_progress: true,
            status: 0,
            sent: 0,
            received: Received::Bytes(0),
            not_send: PhantomData,
        })
    }
}

/// Bytes of a request's body.
pub(crate) enum Received {
    /// Known from the start.
    Bytes(u64),
    /// Counted while they arrive.
    Counted(Rc<Cell<u64>>),
}

/// A request being recorded. Dropping it records it: as it was answered, or, without an answer, as a client that
/// left (`499`) or as a panic (`500`).
pub(crate) struct Record {
    cells: &'static Cells,
    begun: Tick,
    /// When the head of a streamed response was made.
    head: Option<Tick>,
    in_progress: bool,
    status: u16,
    sent: u64,
    received: Received,
    /// Cells belong to the thread, so the record must stay on it.
    not_send: PhantomData<*const ()>,
}

impl Record {
    pub(crate) fn receives(&mut self, received: Received) {
        self.received = received;
    }

    pub(crate) fn take_received(&mut self) -> Received {
        std::mem::replace(&mut self.received, Received::Bytes(0))
    }

    pub(crate) fn handler(&self) -> &str {
        &self.cells.series.handler
    }

    /// The response has this status. What is left is its body.
    #[inline]
    pub(crate) fn answered(&mut self, status: u16) {
        self.status = status;
    }

    /// The handler returned an error, in a type the compiler calls `returned`.
    #[cold]
    pub(crate) fn failed(&mut self, returned: &'static str) {
        if let Some(label) = error_type::label(returned) {
            ledger::write(self.cells, |cells| cells.count_error(returned, || label));
        }
    }

    /// The response's body will be streamed.
    pub(crate) fn streams(&mut self) {
        self.head = Some(clock::now());
        if self.cells.series.recorder.config.exclude_streaming_duration {
            self.leave();
        }
    }

    /// Bytes of the response's body were produced.
    #[inline]
    pub(crate) fn sends(&mut self, bytes: u64) {
        self.sent += bytes;
    }

    fn leave(&mut self) {
        if self.in_progress {
            self.in_progress = false;
            ledger::write(self.cells, |cells| cells.move_inprogress(-1));
        }
    }

    /// Takes the request back as if it had never been begun: somebody else records it.
    pub(crate) fn cancel(mut self) -> Tick {
        self.leave();
        let begun = self.begun;
        std::mem::forget(self);
        begun
    }

    #[cold]
    fn infer_outcome(&mut self) {
        self.status = if thread::panicking() {
            ledger::write(self.cells, |cells| {
                cells.count_error(PANIC, || PANIC.to_owned());
            });
            INTERNAL_SERVER_ERROR
        } else {
            CLIENT_CLOSED_REQUEST
        };
    }

    #[cold]
    fn run_hooks(&self, request_bytes: u64, total: u64, to_head: u64) {
        let recorder = self.cells.series.recorder;
        let finished = FinishedRequest {
            handler: self.cells.series.handler.clone(),
            method: self.cells.method.name(),
            status: self.status,
            duration: Duration::from_nanos(total),
            duration_to_head: Duration::from_nanos(to_head),
            request_bytes,
            response_bytes: self.sent,
        };
        (recorder.defer)(Box::new(move || {
            hook::run(&recorder.config.hooks, &finished);
        }));
    }
}

impl Drop for Record {
    #[inline]
    fn drop(&mut self) {
        if self.status == 0 {
            self.infer_outcome();
        }
        let ended = clock::now();
        let config = &self.cells.series.recorder.config;
        let total = clock::nanos(self.begun, ended);
        let to_head = match self.head {
            Some(head) => clock::nanos(self.begun, head),
            None => total,
        };
        let observed = if config.exclude_streaming_duration {
            to_head
        } else {
            total
        };
        let received = match &self.received {
            Received::Bytes(bytes) => *bytes,
            Received::Counted(bytes) => bytes.get(),
        };
        let in_progress = i64::from(self.in_progress);
        let (status, sent) = (self.status, self.sent);
        ledger::write(self.cells, |cells| {
            cells.durations.observe(observed);
            if let Some(overall) = cells.overall {
                overall.observe(observed);
            }
            cells.add_bytes(received, sent);
            cells.count_status(status);
            cells.move_inprogress(-in_progress);
        });
        if !config.hooks.is_empty() {
            self.run_hooks(received, total, to_head);
        }
    }
}
