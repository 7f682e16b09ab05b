//! One set of metrics: a configuration, what was recorded under it, and the registry it lives in.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use once_cell::sync::OnceCell;
use prometheus::Registry;

use crate::{
    config::Config,
    engine::{Snapshot, lock},
    error::{ConfigError, InitError},
    expose::{self, Catalogue, Format, Lookup, Registration, Source},
    http::{self, Http},
    metric::{Business, Collect, Descriptor, Encoder, disable_business},
    task::{self, Tasks},
};

/// Set once an `App` may bring metrics of its own; until then no request looks for them.
static NOT_ALONE: AtomicBool = AtomicBool::new(false);
static GLOBAL: OnceCell<Global> = OnceCell::new();
static REGISTRY: OnceCell<Registry> = OnceCell::new();

/// The process-wide metrics, once they were started. A start that failed is remembered: it is not tried again.
struct Global {
    /// Disabled ones after a start that failed.
    metrics: Metrics,
    failed: Option<ConfigError>,
}

/// Metrics apart from the process-wide ones: for an `App` that keeps its own count, or a test that asserts on it.
///
/// Put a copy into the `App` with `app_data`, as it is or in a [`web::Data`](actix_web::web::Data); annotated handlers and
/// `CatchAll` in that `App` then record there. It is a handle, copied freely. What it stands for is never freed, like the
/// process-wide metrics.
///
/// Make it *outside* the closure given to `HttpServer::new`, and move it in. The closure runs once per worker, so metrics
/// made inside count each for one worker, and `/metrics` shows those of the worker that happens to answer. A second
/// `Metrics` of the same names without a registry of its own is therefore logged, once.
///
/// ```no_run
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
        NOT_ALONE.store(true, Relaxed);
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

/// Whether every request to an annotated handler is the process-wide metrics' and nobody else's.
#[inline]
pub(crate) fn are_alone() -> bool {
    !NOT_ALONE.load(Relaxed)
}

/// Sets the process-wide metrics up. Call it once, first thing in `main`; without it the environment is read at first
/// use.
///
/// # Errors
/// See [`InitError`]. A failed call changes nothing.
///
/// ```
/// use metrics_runtime::{Config, init};
///
/// init(Config::builder().namespace("shop").build()?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn init(config: Config) -> Result<(), InitError> {
    let mut fresh = false;
    GLOBAL.get_or_try_init(|| {
        fresh = true;
        global_from(config).map(|metrics| Global {
            metrics,
            failed: None,
        })
    })?;
    if fresh {
        Ok(())
    } else {
        Err(InitError::AlreadyInitialized)
    }
}

fn global_from(config: Config) -> Result<Metrics, InitError> {
    let named = config.registry.clone();
    if named.is_some() && REGISTRY.get().is_some() {
        return Err(InitError::RegistryInUse);
    }
    let registry = match &named {
        Some(registry) => registry.clone(),
        None => REGISTRY
            .get()
            .unwrap_or_else(|| prometheus::default_registry())
            .clone(),
    };
    let accept = || match REGISTRY.set(registry.clone()) {
        // In the meantime `registry()` was called: it gave out the default one.
        Err(_) if named.is_some() => Err(InitError::RegistryInUse),
        _ => Ok(()),
    };
    Metrics::build(config, registry.clone(), true, accept)
}

/// The process-wide metrics, made from the environment if `init` was not called.
///
/// # Errors
/// If the environment is invalid, or the registry has one of our names: so at every call, though it is tried but once.
pub(crate) fn global() -> Result<Metrics, ConfigError> {
    let global = started();
    match &global.failed {
        None => Ok(global.metrics),
        Some(error) => Err(error.clone()),
    }
}

/// The process-wide metrics, if they were started.
pub(crate) fn global_if_initialized() -> Option<Metrics> {
    GLOBAL.get().map(|global| global.metrics)
}

/// The process-wide metrics for a request, which nothing may fail: after a failed start they are disabled ones.
#[inline]
pub(crate) fn global_or_off() -> Metrics {
    match GLOBAL.get() {
        Some(global) => global.metrics,
        None => started().metrics,
    }
}

/// Starts from the environment, unless that was done. A failure is logged once.
#[cold]
fn started() -> &'static Global {
    let mut fresh = false;
    let global = GLOBAL.get_or_init(|| {
        fresh = true;
        let started = Config::from_env().and_then(|config| {
            global_from(config)
                .map_err(|error| ConfigError::new("registry", "default", error.to_string()))
        });
        match started {
            Ok(metrics) => Global {
                metrics,
                failed: None,
            },
            Err(error) => {
                task::disable();
                Global {
                    metrics: Metrics::off(),
                    failed: Some(error),
                }
            }
        }
    });
    // Outside, because a logger may record something itself.
    if fresh && let Some(error) = &global.failed {
        log::error!("metrics are off: {error}");
    }
    global
}

/// The registry of the process-wide metrics: `/metrics` shows what you register here.
///
/// It is `prometheus::default_registry()` unless [`init`] was given another, so metrics made with the `prometheus`
/// crate's macros are shown as they are. It holds our families too, under whose names nothing else can be registered.
///
/// ```
/// use metrics_runtime::{prometheus, registry, value};
///
/// let orders = prometheus::IntCounter::new("orders_total", "Orders placed.")?;
/// registry().register(Box::new(orders.clone()))?;
/// orders.inc();
/// assert_eq!(value("orders_total", &[]), Some(1.0));
/// # Ok::<(), prometheus::Error>(())
/// ```
#[must_use]
pub fn registry() -> &'static Registry {
    REGISTRY.get_or_init(|| prometheus::default_registry().clone())
}

/// The text that the process-wide `/metrics` would answer with now: for tests and batch jobs.
///
/// # Panics
/// If `init` was not called and the environment is invalid, with the [`ConfigError`]'s text.
///
/// ```
/// use metrics_runtime::{Format, render};
///
/// assert!(render(Format::Text).contains("# TYPE http_requests_total counter"));
/// ```
#[must_use]
pub fn render(format: Format) -> String {
    match global() {
        Ok(metrics) => metrics.render(format),
        Err(error) => panic!("{error}"),
    }
}

/// The value of one sample that the process-wide `/metrics` shows now, as [`Metrics::value`].
///
/// # Panics
/// If `init` was not called and the environment is invalid, with the [`ConfigError`]'s text.
///
/// ```
/// use metrics_runtime::value;
///
/// assert_eq!(value("orders_total", &[]), None);
/// ```
#[must_use]
pub fn value(name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    match global() {
        Ok(metrics) => metrics.value(name, labels),
        Err(error) => panic!("{error}"),
    }
}
