//! HTTP requests: from a request's first byte of extraction to its last byte of response.
//!
//! A [`Record`] is begun per request and, whatever ends it, closed once. It writes to an [`endpoint`], which is one
//! thread's cells for a handler and method; [`thread`] finds the endpoint, [`series`] lists what a scrape shows, and
//! [`families`] turns it into samples.

pub(crate) mod claim;
mod endpoint;
#[cfg(test)]
mod exemplar_tests;
mod exemplars;
mod families;
mod objectives;
mod record;
mod series;
mod stream;
mod sums;
#[cfg(test)]
mod tests;
mod thread;

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use once_cell::sync::OnceCell;
use smallvec::SmallVec;

use self::{
    families::Families,
    objectives::Measure,
    series::{Series, Table},
};
pub(crate) use self::{
    record::{Received, Record},
    stream::StreamRecord,
    thread::CacheMiss,
};
use crate::{
    config::Config,
    engine::{Buckets, Run, SlotKind, allocate, clock, clock::Tick, lock},
    error_type, label_value,
    method::Method,
    metric::Descriptor,
    site::{SITES, Site},
    template::Template,
};

/// Label of requests that matched no resource.
pub(crate) const NO_HANDLER: &str = "none";

/// Label of a panic among the error types.
pub(crate) const PANIC: &str = "panic";

/// Upper bounds in seconds of `http_request_duration_highr_seconds`, those of the Python original.
const HIGH_RESOLUTION_BUCKETS: [f64; 21] = [
    0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0,
    7.5, 10.0, 30.0, 60.0,
];

/// Runs work after the response is on its way.
pub(crate) type Defer = fn(Box<dyn FnOnce()>);

/// The HTTP families under a configuration.
pub(crate) fn descriptors(config: &Config) -> Vec<Descriptor> {
    Families::new(config).into_all()
}

/// The HTTP families under one configuration.
pub(crate) struct Http {
    pub(crate) config: Config,
    /// Its own among all in the process.
    number: usize,
    families: Families,
    table: Table,
    buckets: Mutex<Vec<&'static Buckets>>,
    default_buckets: &'static Buckets,
    high_resolution: Option<Overall>,
    literals_preregistered: OnceCell<()>,
}

/// All requests together: a sum of ticks, then buckets.
#[derive(Clone, Copy)]
struct Overall {
    run: Run,
    buckets: &'static Buckets,
}

impl Http {
    /// Never freed, see [`Table`].
    pub(crate) fn new(config: Config) -> &'static Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        clock::warm_up();
        objectives::warn_of_missing_bounds(&config);
        let high_resolution = config.high_resolution_latency.then(|| {
            let buckets: &'static Buckets =
                Box::leak(Box::new(Buckets::new(&HIGH_RESOLUTION_BUCKETS)));
            Overall {
                run: allocate(SlotKind::Integer, 1 + buckets.len()),
                buckets,
            }
        });
        let default_buckets: &'static Buckets =
            Box::leak(Box::new(Buckets::new(&config.latency_buckets)));
        Box::leak(Box::new(Self {
            number: NEXT.fetch_add(1, Relaxed),
            families: Families::new(&config),
            table: Table::default(),
            buckets: Mutex::new(vec![default_buckets]),
            default_buckets,
            high_resolution,
            literals_preregistered: OnceCell::new(),
            config,
        }))
    }

    fn measure_of(&self, site: &Site, handler: &str) -> Measure {
        Measure::new(site, handler, self.buckets_of(site), &self.config)
    }

    fn buckets_of(&self, site: &Site) -> &'static Buckets {
        if site.buckets.is_none() && site.slo.time.is_none() {
            return self.default_buckets;
        }
        let bounds = objectives::bounds(&self.config, site);
        let mut known = lock(&self.buckets);
        if let Some(buckets) = known.iter().find(|known| *known.bounds == *bounds) {
            return buckets;
        }
        let buckets: &'static Buckets = Box::leak(Box::new(Buckets::new(&bounds)));
        known.push(buckets);
        buckets
    }

    fn series_of(&'static self, site: &Site, handler: &str, combination: usize) -> &'static Series {
        self.table.series(&self.config, handler, site, combination)
    }

    /// Shows a site's series at zero under a label that is known before any request.
    fn preregister(&'static self, site: &Site, handler: &str) {
        self.preregister_as(site, handler, site.known_methods(), site.error);
    }

    /// The same with less of what the site knows: these methods, and the name of this return type.
    pub(crate) fn preregister_as(
        &'static self,
        site: &Site,
        handler: &str,
        methods: impl Iterator<Item = Method>,
        returned: Option<fn() -> &'static str>,
    ) {
        if site.skip {
            return;
        }
        let methods: SmallVec<[Method; 2]> = methods.collect();
        for combination in 0..site.combinations() {
            let mut values = label_value::values(site.request_labels, combination);
            if values.all(|(_, value)| value.is_some()) {
                self.preregister_series(site, handler, combination, &methods, returned);
            }
        }
    }

    fn preregister_series(
        &'static self,
        site: &Site,
        handler: &str,
        combination: usize,
        methods: &[Method],
        returned: Option<fn() -> &'static str>,
    ) {
        let series = self.series_of(site, handler, combination);
        if series.excluded {
            return;
        }
        let measure = self.measure_of(site, handler);
        for method in methods {
            self.table.method(series, *method, measure).preregister();
        }
        self.table.preregister_error(series, PANIC);
        if let Some(error) = returned.and_then(|name| error_type::label(name())) {
            self.table.preregister_error(series, &error);
        }
        site.for_each_error_type(|error| {
            if let Some(label) = error_type::label((error.result)()) {
                self.table.preregister_error(series, &label);
            }
        });
        series.preregister();
    }

    /// Preregisters every site whose label is a literal, once. Under metrics of an `App`'s own, those with known routes
    /// wait until it is seen to mount them.
    pub(crate) fn preregister_literals(&'static self, process_wide: bool) {
        self.literals_preregistered.get_or_init(|| {
            for site in SITES {
                if let Some(handler) = site.handler
                    && (process_wide || site.routes.is_empty())
                {
                    self.preregister(site, handler);
                }
            }
        });
    }

    /// Begins the record of a request that this thread has met the like of: the same site, method and label.
    ///
    /// The clock is read, if need be, once that is known.
    ///
    /// # Errors
    /// [`CacheMiss`] if it has not, or not lately.
    #[inline]
    pub(crate) fn begin_cached(
        &'static self,
        site: &'static Site,
        method: Method,
        label: &impl Label,
        begun: Option<Tick>,
    ) -> Result<Record, CacheMiss> {
        let endpoint = thread::cached(self, site, method, label)?;
        Ok(Record::begin(endpoint, begun))
    }

    /// Begins the record of a request; no record if its handler is excluded.
    ///
    /// `label` is resolved only for sites without a literal.
    pub(crate) fn begin(
        &'static self,
        site: &'static Site,
        method: Method,
        begun: Tick,
        label: impl Label,
        defer: Defer,
    ) -> Record {
        let endpoint = thread::find(self, site, method, label, defer);
        Record::begin(endpoint, Some(begun))
    }
}

/// The label of a request whose site has no literal one.
pub(crate) trait Label {
    /// Whether it is this one, as far as can be told cheaply.
    fn is(&self, known: &Template) -> bool;

    /// The label; `None` where no resource matched.
    fn resolve(&mut self) -> Option<String>;

    /// Which combination of values the request has for the labels of its site.
    #[inline]
    fn combination(&self) -> usize {
        0
    }
}

impl<F: FnMut() -> Option<String>> Label for F {
    fn is(&self, _known: &Template) -> bool {
        false
    }

    fn resolve(&mut self) -> Option<String> {
        self()
    }
}
