//! Collecting settings, from code and from the environment.

use std::{env, fmt, panic::RefUnwindSafe, sync::Arc};

use prometheus::Registry;

use super::{
    BUCKETS, Config, DEFAULT_LATENCY_BUCKETS, ENABLE, EXCLUDED, LABELS, NAMESPACE, SUBSYSTEM,
    Unmatched,
    parse::{
        check_buckets, check_endpoint, check_inprogress_name, check_labels, compile, parse_bool,
        parse_buckets, parse_labels, push_prefix, split_patterns,
    },
};
use crate::{
    error::ConfigError,
    hook::{FinishedRequest, Hook, TraceHook},
    slo::{self, Slo, TimeSlo},
};

/// Collects settings; [`build`](Self::build) validates them all.
///
/// The last value given for an option holds, except for [`custom_label`](Self::custom_label),
/// [`on_request`](Self::on_request) and [`on_request_with`](Self::on_request_with), which add up.
///
/// ```
/// use metrics_runtime::Config;
///
/// let error = Config::builder().latency_buckets([1.0, 0.5]).build().unwrap_err();
/// assert!(error.to_string().contains("0.5 follows 1"));
/// ```
#[derive(Clone, Default)]
#[must_use = "settings take effect through `build`"]
pub struct ConfigBuilder {
    enabled: Option<bool>,
    endpoint: Option<String>,
    namespace: Option<String>,
    subsystem: Option<String>,
    excluded_handlers: Option<Vec<String>>,
    latency_buckets: Option<Vec<f64>>,
    slo: Slo,
    custom_labels: Option<Vec<(String, String)>>,
    group_status_codes: bool,
    unmatched: Unmatched,
    exclude_streaming_duration: bool,
    gzip: Option<bool>,
    registry: Option<Registry>,
    pub(crate) hooks: Vec<Hook>,
    pub(crate) exemplars: Option<TraceHook>,
    high_resolution_latency: bool,
    inprogress_name: Option<String>,
}

impl ConfigBuilder {
    /// `false` turns recording off and leaves `/metrics` unmounted. Default: `ENABLE_METRICS`, or on.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = Some(enabled);
        self
    }

    /// Path `metrics_scope()` mounts. Default `/metrics`.
    pub fn endpoint(mut self, path: impl Into<String>) -> Self {
        self.endpoint = Some(path.into());
        self
    }

    /// First part of the name of every family of this crate; metrics made with the `prometheus` crate keep their names.
    /// Default: `METRICS_NAMESPACE`, or none.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Second part of the name, after the namespace. Default: `METRICS_SUBSYSTEM`, or none.
    pub fn subsystem(mut self, subsystem: impl Into<String>) -> Self {
        self.subsystem = Some(subsystem.into());
        self
    }

    /// Regular expressions, unanchored, matched against the `handler` label: a handler that matches one has no
    /// series at all. Default: `METRICS_EXCLUDED_HANDLERS`, or none.
    pub fn excluded_handlers<I>(mut self, patterns: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.excluded_handlers = Some(patterns.into_iter().map(Into::into).collect());
        self
    }

    /// Upper bounds of the latency buckets in seconds, increasing; `+Inf` is added. A handler's own `buckets` win.
    /// Default: `METRICS_LATENCY_BUCKETS`, or 0.05, 0.1, 0.3, 1, 3, 5.
    ///
    /// A quantile is interpolated within its bucket: with the default bounds, a handler that answers in 7 µs has a
    /// median of 25 ms, the middle of the lowest bucket. Choose bounds around the durations that you expect, or
    /// [`Config::FINE_LATENCY_BUCKETS`].
    pub fn latency_buckets(mut self, seconds: impl Into<Vec<f64>>) -> Self {
        self.latency_buckets = Some(seconds.into());
        self
    }

    /// Objectives of every handler that does not declare its own with `slo(..)`. Default: none.
    ///
    /// `availability` is the percentage of requests that are not answered with 5xx; `latency` is a threshold in seconds
    /// and the percentage of requests that do not take longer. `None` leaves one out. The threshold joins the latency
    /// buckets, whether they come from code or from `METRICS_LATENCY_BUCKETS`; a handler whose literal `buckets` do not
    /// have it gets no latency objective from here, which is logged at start-up. What matched no resource has none either.
    ///
    /// ```
    /// use metrics_runtime::Config;
    ///
    /// let config = Config::builder().slo(99.9, (0.3, 99.0)).build()?;
    /// let config = Config::builder().slo(99.9, None).build()?;
    ///
    /// let error = Config::builder().slo(100.0, None).build().unwrap_err();
    /// assert_eq!((error.setting(), error.value()), ("slo", "100"));
    /// # Ok::<(), metrics_runtime::ConfigError>(())
    /// ```
    pub fn slo(
        mut self,
        availability: impl Into<Option<f64>>,
        latency: impl Into<Option<(f64, f64)>>,
    ) -> Self {
        self.slo = Slo {
            availability: availability.into(),
            time: latency
                .into()
                .map(|(threshold, percent)| TimeSlo { threshold, percent }),
        };
        self
    }

    /// Adds a constant label to every family of this crate, with a value that is not empty. The first call replaces
    /// `CUSTOM_LABELS`, further calls add. Metrics made with the `prometheus` crate do not get it.
    ///
    /// In the environment, labels are `name=value` between commas, or a JSON object of strings, in which a value may
    /// contain a comma: `{"service": "orders", "zone": "a,b"}`.
    pub fn custom_label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.custom_labels
            .get_or_insert_default()
            .push((name.into(), value.into()));
        self
    }

    /// `2xx` instead of `200` in the `status` label. Default off.
    pub fn group_status_codes(mut self, group: bool) -> Self {
        self.group_status_codes = group;
        self
    }

    /// What `CatchAll` does with paths that match no resource. Default [`Unmatched::Group`].
    pub fn unmatched(mut self, unmatched: Unmatched) -> Self {
        self.unmatched = unmatched;
        self
    }

    /// Ends duration and in-progress at the response's head, not at the end of its body. Default off.
    ///
    /// A stream is then no longer in progress while it is sent. It is counted, with its size, when it ends.
    pub fn exclude_streaming_duration(mut self, exclude: bool) -> Self {
        self.exclude_streaming_duration = exclude;
        self
    }

    /// Whether `/metrics` is compressed for clients that accept gzip. Default on.
    ///
    /// Compression runs on the blocking pool, block by block, and keeps nothing for the next scrape.
    pub fn gzip(mut self, gzip: bool) -> Self {
        self.gzip = Some(gzip);
        self
    }

    /// The registry whose other collectors `/metrics` shows too, and in which ours are registered.
    /// Default: `prometheus::default_registry()` for [`init`](crate::init), a new one for
    /// [`Metrics::new`](crate::Metrics::new).
    ///
    /// One that adds a prefix or labels (`Registry::new_custom`) is refused there, and each of its collectors is gathered
    /// once to find that out. Its collectors keep their names and labels: neither prefix nor custom labels are added to them. Of several
    /// [`Metrics`](crate::Metrics) in one registry, each shows its own HTTP families and not the others'.
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Adds a hook that runs once per finished request, after the built-in families were recorded.
    ///
    /// It runs on the worker that served the request, once the response is on its way. A hook that panics is logged
    /// and breaks neither the response nor the other hooks; one that blocks delays the worker's next request.
    ///
    /// ```
    /// use metrics_runtime::Config;
    ///
    /// let config = Config::builder()
    ///     .on_request(|request| {
    ///         if request.status() >= 500 {
    ///             eprintln!("{} {} failed", request.method(), request.handler());
    ///         }
    ///     })
    ///     .build()?;
    /// # Ok::<(), metrics_runtime::ConfigError>(())
    /// ```
    pub fn on_request<F>(mut self, hook: F) -> Self
    where
        F: Fn(&FinishedRequest) + Send + Sync + RefUnwindSafe + 'static,
    {
        self.hooks.push(Hook {
            head: None,
            finished: Arc::new(move |request, _| hook(request)),
        });
        self
    }

    /// Adds `http_request_duration_highr_seconds`: one histogram without labels and with many buckets. Default off.
    pub fn high_resolution_latency(mut self, on: bool) -> Self {
        self.high_resolution_latency = on;
        self
    }

    /// Name of the in-progress gauge, before namespace and subsystem. Default `http_requests_inprogress`. It must not be a
    /// name that a sample of another family may have, such as one that ends in `_count`.
    pub fn inprogress_name(mut self, name: impl Into<String>) -> Self {
        self.inprogress_name = Some(name.into());
        self
    }

    /// Validates, taking from the environment what code did not set.
    ///
    /// # Errors
    /// The first setting that cannot be used, with its value and the reason. Nothing is changed by a failed call.
    ///
    /// ```
    /// use metrics_runtime::Config;
    ///
    /// let error = Config::builder().excluded_handlers(["("]).build().unwrap_err();
    /// assert_eq!(error.setting(), "excluded_handlers");
    /// ```
    pub fn build(self) -> Result<Config, ConfigError> {
        self.resolve(|name| env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// The whole of validation, as a function of what `lookup` says of each variable.
    pub(crate) fn resolve(
        self,
        lookup: impl Fn(&'static str) -> Option<String>,
    ) -> Result<Config, ConfigError> {
        let enabled = match (self.enabled, lookup(ENABLE)) {
            (Some(enabled), _) => enabled,
            (None, Some(text)) => parse_bool(&text)?,
            (None, None) => true,
        };
        let excluded = match (self.excluded_handlers, lookup(EXCLUDED)) {
            (Some(patterns), _) => compile("excluded_handlers", &patterns)?,
            (None, Some(text)) => compile(EXCLUDED, &split_patterns(&text)?)?,
            (None, None) => Vec::new(),
        };
        if let Some((value, reason)) = self.slo.fault() {
            return Err(ConfigError::new("slo", value.to_string(), reason));
        }
        let mut latency_buckets = match (self.latency_buckets, lookup(BUCKETS)) {
            (Some(bounds), _) => {
                check_buckets("latency_buckets", &format!("{bounds:?}"), &bounds)?;
                bounds
            }
            (None, Some(text)) if !text.trim().is_empty() => parse_buckets(&text)?,
            (None, _) => DEFAULT_LATENCY_BUCKETS.to_vec(),
        };
        if let Some(time) = self.slo.time {
            latency_buckets = slo::with_bound(&latency_buckets, time.threshold);
        }
        let (source, custom_labels) = match (self.custom_labels, lookup(LABELS)) {
            (Some(labels), _) => ("custom_label", labels),
            (None, Some(text)) => (LABELS, parse_labels(&text)?),
            (None, None) => (LABELS, Vec::new()),
        };
        check_labels(source, &custom_labels)?;
        let mut prefix = String::new();
        push_prefix(&mut prefix, "namespace", self.namespace, NAMESPACE, &lookup)?;
        push_prefix(&mut prefix, "subsystem", self.subsystem, SUBSYSTEM, &lookup)?;
        let endpoint = self.endpoint.unwrap_or_else(|| "/metrics".to_owned());
        check_endpoint(&endpoint)?;
        if let Some(name) = &self.inprogress_name {
            check_inprogress_name(name)?;
        }

        Ok(Config {
            enabled,
            endpoint,
            prefix,
            excluded,
            latency_buckets,
            slo: self.slo,
            custom_labels,
            group_status_codes: self.group_status_codes,
            unmatched: self.unmatched,
            exclude_streaming_duration: self.exclude_streaming_duration,
            gzip: self.gzip.unwrap_or(true),
            registry: self.registry,
            hooks: self.hooks,
            exemplars: self.exemplars,
            high_resolution_latency: self.high_resolution_latency,
            inprogress_name: self.inprogress_name,
        })
    }
}

impl fmt::Debug for ConfigBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigBuilder").finish_non_exhaustive()
    }
}
