//! The process-wide metrics: started once, by `init` or by whatever needs them first.

use once_cell::sync::OnceCell;
use prometheus::Registry;

use super::Metrics;
use crate::{
    config::Config,
    error::{ConfigError, InitError},
    expose::Format,
};

static GLOBAL: OnceCell<Global> = OnceCell::new();
static REGISTRY: OnceCell<Registry> = OnceCell::new();

/// The process-wide metrics, once they were started. A start that failed is remembered: it is not tried again.
struct Global {
    /// Disabled ones after a start that failed.
    metrics: Metrics,
    failed: Option<ConfigError>,
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
            Err(error) => Global {
                metrics: Metrics::off(),
                failed: Some(error),
            },
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
