//! One set of metrics: a configuration, what was recorded under it, and the registry it lives in.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use once_cell::sync::{Lazy, OnceCell};
use prometheus::Registry;

use crate::{
    config::Config,
    engine::Snapshot,
    error::{ConfigError, InitError},
    expose::{self, Bridge, Format, Lookup, Source},
    http::Http,
    metric::{Collect, Encoder},
};

/// Set once an `App` may bring metrics of its own, or a `CatchAll` serves; until then no request looks for either.
static NOT_ALONE: AtomicBool = AtomicBool::new(false);
static GLOBAL: OnceCell<Metrics> = OnceCell::new();
static REGISTRY: OnceCell<Registry> = OnceCell::new();

/// Metrics apart from the process-wide ones: for an `App` that keeps its own count, or a test that asserts on it.
///
/// Put a copy into the `App` with `app_data`; annotated handlers and `CatchAll` in that `App` then record there. It is
/// a handle, copied freely. What it stands for is never freed, like the process-wide metrics: make one per `App`, not
/// one per request.
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
    pub(crate) registry: Registry,
}

impl Metrics {
    /// Metrics of their own, in the configuration's registry or in a new one.
    ///
    /// # Errors
    /// [`InitError::Registry`] if the registry already holds our families, or another collector of the same name. To
    /// count two `App`s together, give both the same `Metrics`.
    pub fn new(config: Config) -> Result<Self, InitError> {
        let registry = config.registry.clone().unwrap_or_default();
        let metrics = Self::build(config, registry, false)?;
        not_alone_any_more();
        Ok(metrics)
    }

    fn build(config: Config, registry: Registry, process_wide: bool) -> Result<Self, InitError> {
        let inner: &'static Inner = Box::leak(Box::new(Inner {
            http: Http::new(config),
            registry,
        }));
        if inner.http.config.enabled {
            inner.register().map_err(InitError::Registry)?;
            #[cfg(all(feature = "process", target_os = "linux"))]
            if process_wide {
                let process = prometheus::process_collector::ProcessCollector::for_self();
                match inner.registry.register(Box::new(process)) {
                    // The crate's default registry brings the collector along.
                    Ok(()) | Err(prometheus::Error::AlreadyReg) => {}
                    Err(error) => return Err(InitError::Registry(error)),
                }
            }
            #[cfg(not(all(feature = "process", target_os = "linux")))]
            let _ = process_wide;
        }
        Ok(Self(inner))
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
    /// Our families, without the rest of the registry.
    fn encode_own(&self, encoder: &mut impl Encoder) {
        if self.http.config.enabled {
            self.http.preregister_literals();
            let snapshot = Snapshot::take();
            self.http.collect(&snapshot, encoder);
        }
    }

    /// Holds our names in the registry, and gives our families to whoever gathers it.
    fn register(&'static self) -> prometheus::Result<()> {
        let names = self.http.descriptors().map(|family| family.name.clone());
        let collector = Bridge::new(names, &self.http.config.custom_labels, move || {
            expose::to_proto(&Own(self))
        })?;
        self.registry.register(Box::new(collector))
    }
}

impl Source for Inner {
    fn encode<E: Encoder>(&self, encoder: &mut E) {
        self.encode_own(encoder);
        expose::collect_registry(&self.registry, encoder);
    }
}

struct Own(&'static Inner);

impl Source for Own {
    fn encode<E: Encoder>(&self, encoder: &mut E) {
        self.0.encode_own(encoder);
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics")
            .field("config", self.config())
            .finish_non_exhaustive()
    }
}

/// Makes requests look for metrics of their `App`'s own and for a `CatchAll`.
pub(crate) fn not_alone_any_more() {
    NOT_ALONE.store(true, Relaxed);
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
        global_from(config)
    })?;
    if fresh {
        Ok(())
    } else {
        Err(InitError::AlreadyInitialized)
    }
}

fn global_from(config: Config) -> Result<Metrics, InitError> {
    let registry = match &config.registry {
        Some(registry) => {
            if REGISTRY.set(registry.clone()).is_err() {
                return Err(InitError::RegistryInUse);
            }
            registry.clone()
        }
        None => registry().clone(),
    };
    Metrics::build(config, registry, true)
}

/// The process-wide metrics, made from the environment if `init` was not called.
pub(crate) fn global() -> Result<Metrics, ConfigError> {
    GLOBAL
        .get_or_try_init(|| {
            let config = Config::from_env()?;
            global_from(config)
                .map_err(|error| ConfigError::new("registry", "default", error.to_string()))
        })
        .copied()
}

/// The process-wide metrics for a request, which nothing may fail: a bad environment is logged once and turns
/// recording off.
#[inline]
pub(crate) fn global_or_off() -> Metrics {
    match GLOBAL.get() {
        Some(metrics) => *metrics,
        None => first_use(),
    }
}

#[cold]
fn first_use() -> Metrics {
    static OFF: Lazy<Metrics> = Lazy::new(|| {
        Metrics::build(Config::disabled(), Registry::new(), false)
            .expect("disabled metrics register nothing")
    });
    global().unwrap_or_else(|error| {
        if Lazy::get(&OFF).is_none() {
            log::error!("metrics are off: {error}");
        }
        *OFF
    })
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
