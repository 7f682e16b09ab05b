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
    mem::ManuallyDrop,
    rc::Rc,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use once_cell::sync::OnceCell;

pub(crate) use self::series::lock;
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
        series.expect_error(PANIC);
        if let Some(error) = site.error.and_then(|name| error_type::label(name())) {
            series.expect_error(&error);
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
    /// `label` is asked only of sites without a literal.
    #[inline]
    pub(crate) fn begin(
        &'static self,
        site: &'static Site,
        method: Method,
        begun: Tick,
        label: impl Label,
    ) -> Option<Record> {
        let cells = ledger::enter(self, site, method, label)?;
        Some(Record {
            cells,
            begun,
            received: Received::Bytes(0),
            not_send: PhantomData,
        })
    }
}

/// The label of a request whose site has no literal one.
pub(crate) trait Label {
    /// Whether it is this one, as far as can be told cheaply.
    fn is(&self, known: &str) -> bool;

    /// What it is; `None` where no resource matched.
    fn ask(self) -> Option<String>;
}

impl<F: FnOnce() -> Option<String>> Label for F {
    fn is(&self, _known: &str) -> bool {
        false
    }

    fn ask(self) -> Option<String> {
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

/// A request being recorded. Dropped before it is answered, it records a client that left (`499`) or a panic (`500`).
///
/// Small, because it travels by value with the handler's arguments and its response.
pub(crate) struct Record {
    cells: &'static Cells,
    begun: Tick,
    received: Received,
    /// Cells belong to the thread, so the record must stay on it.
    not_send: PhantomData<*const ()>,
}

/// What a finished request is recorded with.
struct Outcome {
    status: u16,
    sent: u64,
    /// When the head of a streamed response was made.
    head: Option<Tick>,
    in_progress: bool,
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

    /// The handler returned an error, in a type the compiler calls `returned`.
    #[cold]
    pub(crate) fn failed(&self, returned: &'static str) {
        if let Some(label) = error_type::label(returned) {
            ledger::write(self.cells, |cells| cells.count_error(returned, || label));
        }
    }

    /// The response has this status, and a body of so many bytes.
    #[inline]
    pub(crate) fn finish(self, status: u16, sent: u64) {
        let mut this = ManuallyDrop::new(self);
        this.write(&Outcome {
            status,
            sent,
            head: None,
            in_progress: true,
        });
        drop(this.take_received());
    }

    /// The response has this status, and a body that is still to be produced.
    pub(crate) fn stream(self, status: u16) -> StreamRecord {
        let mut stream = StreamRecord {
            outcome: Outcome {
                status,
                sent: 0,
                head: Some(clock::now()),
                in_progress: true,
            },
            record: ManuallyDrop::new(self),
        };
        if stream.record.cells.ends_at_head {
            stream.outcome.in_progress = false;
            ledger::write(stream.record.cells, |cells| cells.move_inprogress(-1));
        }
        stream
    }

    /// Takes the request back as if it had never been begun: somebody else records it.
    pub(crate) fn cancel(self) {
        let mut this = ManuallyDrop::new(self);
        ledger::write(this.cells, |cells| cells.move_inprogress(-1));
        drop(this.take_received());
    }

    #[inline]
    fn write(&self, outcome: &Outcome) {
        let ended = clock::now();
        let total = clock::nanos(self.begun, ended);
        let to_head = match outcome.head {
            Some(head) => clock::nanos(self.begun, head),
            None => total,
        };
        let observed = if self.cells.ends_at_head {
            to_head
        } else {
            total
        };
        let received = match &self.received {
            Received::Bytes(bytes) => *bytes,
            Received::Counted(bytes) => bytes.get(),
        };
        ledger::write(self.cells, |cells| {
            cells.durations.observe(observed);
            if let Some(overall) = cells.overall {
                overall.observe(observed);
            }
            cells.add_bytes(received, outcome.sent);
            cells.count_status(outcome.status);
            if outcome.in_progress {
                cells.move_inprogress(-1);
            }
        });
        if self.cells.has_hooks {
            self.run_hooks(outcome, received, total, to_head);
        }
    }

    #[cold]
    fn run_hooks(&self, outcome: &Outcome, received: u64, total: u64, to_head: u64) {
        let series = self.cells.series;
        let recorder = series.recorder;
        let finished = FinishedRequest {
            handler: series.handler.clone(),
            method: self.cells.method.name(),
            status: outcome.status,
            duration: Duration::from_nanos(total),
            duration_to_head: Duration::from_nanos(to_head),
            request_bytes: received,
            response_bytes: outcome.sent,
        };
        (recorder.defer)(Box::new(move || {
            hook::run(&recorder.config.hooks, &finished);
        }));
    }
}

impl Drop for Record {
    #[cold]
    fn drop(&mut self) {
        let status = if thread::panicking() {
            ledger::write(self.cells, |cells| {
                cells.count_error(PANIC, || PANIC.to_owned());
            });
            INTERNAL_SERVER_ERROR
        } else {
            CLIENT_CLOSED_REQUEST
        };
        self.write(&Outcome {
            status,
            sent: 0,
            head: None,
            in_progress: true,
        });
    }
}

/// A request whose response is being streamed. Dropping it ends the record: under the status that was sent, and as an
/// exception too if the stream panicked.
pub(crate) struct StreamRecord {
    outcome: Outcome,
    record: ManuallyDrop<Record>,
}

impl StreamRecord {
    /// Bytes of the response's body were produced.
    pub(crate) fn sends(&mut self, bytes: u64) {
        self.outcome.sent += bytes;
    }
}

impl Drop for StreamRecord {
    fn drop(&mut self) {
        if thread::panicking() {
            ledger::write(self.record.cells, |cells| {
                cells.count_error(PANIC, || PANIC.to_owned());
            });
        }
        self.record.write(&self.outcome);
        drop(self.record.take_received());
    }
}
