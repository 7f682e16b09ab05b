//! One set of metrics: a configuration, what was recorded under it, and the registry it lives in.

mod global;

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use prometheus::Registry;

use crate::{
    config::Config,
    engine::{Snapshot, lock},
    error::InitError,
    expose::{self, Catalogue, Format, Lookup, Registration, Source},
    http::{self, Http},
    metric::{Business, Collect, Descriptor, Encoder, disable_business},
    task::{self, Tasks},
};

pub(crate) use self::global::{global, global_if_initialized, global_or_off};
pub use self::global::{init, registry, render, value};

/// Set once an `App` may bring metrics of its own; until then no request looks for them.
static OWN_METRICS_EXIST: AtomicBool = AtomicBool::new(false);

/// Metrics apart from the process-wide ones: for an `App` that keeps its own count, or a test that asserts on it.
///
/// Put a copy into the `App` with `app_data`, as it is or in a [`web::Data`](actix_web::web::Data); annotated handlers and
/// `CatchAll` in that `App` then record there. It is a handle, copied freely. The series behind it are never freed, like
/// those of the process-wide metrics.
///
/// Make it *outside* the closure given to `HttpServer::new`, and move it in. The closure runs once per worker, so metrics
/// made inside count each for one worker, and `/metrics` shows those of the worker that happens to answer. A second
/// `Metrics` of the same names without a registry of its own is therefore logged, once.
///
/// ```
/// use actix_web::{App, HttpServer};
/// use metrics_runtime::{Config, Metrics};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let metrics = Metrics::new(Config::from_env()?)?;
/// let server = HttpServer::new(move || App::new().app_data(metrics).service(metrics.scope()));
/// # Ok(())
/// # }
/// ```
///
/// ```
/// use actix_web::{App, Responder, test, web};
/// use metrics_runtime::{Config, Metrics, instrument_handler};
///
/// #[instrument_handler(handler = "/hello")]
/// async fn hello() -> impl Responder {
///     "hello"
/// }
///
/// # actix_web::rt::System::new().block_on(async {
/// let metrics = Metrics::new(Config::builder().build().unwrap()).unwrap();
/// let app = test::init_service(
///     App::new()
///         .app_data(metrics)
///         .route("/hello", web::get().to(hello))
///         .service(metrics.scope()),
/// )
/// .await;
/// test::call_service(&app, test::TestRequest::get().uri("/hello").to_request()).await;
///
/// let labels = [("handler", "/hello"), ("method", "GET"), ("status", "200")];
/// assert_eq!(metrics.value("http_requests_total", &labels), Some(1.0));
/// # });
/// ```
#[derive(Clone, Copy)]
pub struct Metrics(pub(crate) &'static Inner);

pub(crate) struct Inner {
    pub(crate) http: &'static Http,
    /// Of the process-wide metrics alone, like the tasks.
    business: Option<Business>,
    tasks: Option<Tasks>,
    pub(crate) registry: Registry,
    process_wide: bool,
}

impl Metrics {
    /// Metrics of their own, in the configuration's registry or in a new one.
    ///
    /// # Errors
    /// [`InitError::Registry`] if the registry already holds our families, or another collector that has the name of one
    /// of their samples; [`InitError::CustomRegistry`] if it adds a prefix or labels. To count two `App`s together, give both
    /// the same `Metrics`. A failed call changes nothing.
    pub fn new(config: Config) -> Result<Self, InitError> {
        let is_private = config.registry.is_none();
        let registry = config.registry.clone().unwrap_or_default();
        let metrics = Self::build(config, registry, false, || Ok(()))?;
        if is_private {
            metrics.warn_of_second();
        }
        OWN_METRICS_EXIST.store(true, Relaxed);
        Ok(metrics)
    }

    /// Metrics in this registry, if it accepts them and the caller then does.
    fn build(
        config: Config,
        registry: Registry,
        process_wide: bool,
        accept: impl FnOnce() -> Result<(), InitError>,
    ) -> Result<Self, InitError> {
        let mut tasks = None;
        let mut business = None;
        let mut registration = None;
        if config.enabled {
            let mut families = http::descriptors(&config);
            if process_wide {
                tasks = Tasks::new(&config);
                families.extend(tasks.iter().flat_map(Tasks::descriptors).cloned());
                let own = Business::new(&config, &families)?;
                own.check_registry(&registry)?;
                families.extend(own.descriptors().cloned());
                business = Some(own);
            }
            let names = families.iter().flat_map(Descriptor::names).collect();
            let registered = Registration::new(&registry, names, &config, process_wide)?;
            registration = Some(registered);
        }
        accept()?;
        if process_wide && !config.enabled {
            disable_business();
            task::disable();
        }
        let inner: &'static Inner = Box::leak(Box::new(Inner {
            tasks,
            http: Http::new(config),
            business,
            registry,
            process_wide,
        }));
        if let Some(registration) = registration {
            registration.complete(inner);
        }
        Ok(Self(inner))
    }

    fn off() -> Self {
        Self::build(Config::disabled(), Registry::new(), true, || Ok(()))
            .expect("disabled metrics register nothing")
    }

    /// Logs that metrics of these names were made before, the first time they were.
    fn warn_of_second(self) {
        static MADE: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());
        if !self.config().enabled {
            return;
        }
        let name = format!("{}http_requests_total", self.config().prefix);
        let mut made = lock(&MADE);
        let count = made.entry(name.clone()).or_default();
        *count += 1;
        let is_second = *count == 2;
        drop(made);
        if is_second {
            log::warn!(
                "a second `Metrics` with `{name}` was made, which counts for itself; inside the closure of `HttpServer::new` there is one per worker: make it once, outside, and move it in"
            );
        }
    }

    /// The registry `/metrics` shows besides the HTTP families: register your own collectors here.
    #[must_use]
    pub fn registry(&self) -> &'static Registry {
        &self.0.registry
    }

    /// The text that `/metrics` would answer with now.
    #[must_use]
    pub fn render(&self, format: Format) -> String {
        expose::render(self.0, format, || {})
    }

    /// The value of one sample that `/metrics` shows now; `None` if it shows none, or metrics are off.
    ///
    /// The name is a sample's as the text format prints it (`x_total`, `x_bucket`, `x_sum`, `x_count`); the labels are all
    /// of its labels, in any order, `le` included. Constant labels of the configuration may be left out.
    ///
    /// ```
    /// use metrics_runtime::{Config, Metrics};
    ///
    /// let metrics = Metrics::new(Config::builder().build()?)?;
    /// let labels = [("handler", "/hello"), ("method", "GET"), ("status", "200")];
    /// assert_eq!(metrics.value("http_requests_total", &labels), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let mut lookup = Lookup::new(name, labels, &self.config().custom_labels);
        self.0.encode(&mut lookup);
        lookup.found
    }

    pub(crate) fn config(self) -> &'static Config {
        &self.0.http.config
    }
}

impl Inner {
    fn encode_own_from(&self, snapshot: fn() -> Snapshot, encoder: &mut impl Encoder) {
        if !self.http.config.enabled {
            return;
        }
        self.http.preregister_literals(self.process_wide);
        if let Some(tasks) = &self.tasks {
            tasks.preregister();
        }
        let snapshot = snapshot();
        self.http.collect(&snapshot, encoder);
        if let Some(tasks) = &self.tasks {
            tasks.collect(&snapshot, encoder);
        }
        if let Some(business) = &self.business {
            business.collect(&snapshot, encoder);
        }
    }

    /// Our families, as they are before anything is counted.
    pub(crate) fn catalogue(&self) -> Catalogue {
        let http = http::descriptors(&self.http.config);
        let names = http.into_iter().map(|family| family.name);
        let mut catalogue = Catalogue::new(&self.http.config.prefix, names);
        self.encode_own_from(Snapshot::zeros, &mut catalogue);
        catalogue
    }
}

impl Source for Inner {
    fn encode<E: Encoder>(&self, encoder: &mut E) {
        self.encode_own(encoder);
        expose::collect_registry(&self.registry, encoder);
    }

    fn encode_own<E: Encoder>(&self, encoder: &mut E) {
        self.encode_own_from(Snapshot::take, encoder);
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics")
            .field("config", self.config())
            .finish_non_exhaustive()
    }
}

/// Whether any `App` may have metrics of its own, so that each request must be checked for them.
#[inline]
pub(crate) fn own_metrics_exist() -> bool {
    OWN_METRICS_EXIST.load(Relaxed)
}
