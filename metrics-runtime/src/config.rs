//! Settings: what may be said, where from, and what is refused.
//!
//! Everything is a pure function of a lookup; only [`Config::from_env`] and [`ConfigBuilder::build`] touch the
//! environment of the process.

mod parse;

use std::{env, fmt, panic::RefUnwindSafe, sync::Arc};

use prometheus::Registry;
use regex::Regex;

use self::parse::{
    check_buckets, check_endpoint, check_inprogress_name, check_labels, compile, parse_bool,
    parse_buckets, parse_labels, push_prefix, split_patterns,
};
use crate::{
    error::ConfigError,
    hook::{FinishedRequest, Hook, TraceHook},
};

/// Upper bounds of the latency buckets in seconds: those of a service that answers within a second, as
/// `prometheus-fastapi-instrumentator` users chart them with three more in between.
pub(crate) const DEFAULT_LATENCY_BUCKETS: [f64; 6] = [0.05, 0.1, 0.3, 1.0, 3.0, 5.0];

const ENABLE: &str = "ENABLE_METRICS";
const EXCLUDED: &str = "METRICS_EXCLUDED_HANDLERS";
const NAMESPACE: &str = "METRICS_NAMESPACE";
const SUBSYSTEM: &str = "METRICS_SUBSYSTEM";
const BUCKETS: &str = "METRICS_LATENCY_BUCKETS";
const LABELS: &str = "CUSTOM_LABELS";

/// What `METRICS_LATENCY_BUCKETS` calls [`Config::FINE_LATENCY_BUCKETS`].
const FINE: &str = "fine";

/// What `CatchAll` does with a request whose path matched no resource.
///
/// ```
/// use metrics_runtime::{Config, Unmatched};
///
/// let config = Config::builder().unmatched(Unmatched::Ignore).build()?;
/// # Ok::<(), metrics_runtime::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unmatched {
    /// Count all of them under `handler="none"`.
    #[default]
    Group,
    /// Do not count them.
    Ignore,
    /// Count each under its raw path. Every path a client invents becomes a series: only for closed networks.
    Keep,
}

/// Validated settings, ready for [`init`](crate::init) or [`Metrics::new`](crate::Metrics::new).
///
/// ```
/// use metrics_runtime::Config;
///
/// let config = Config::builder()
///     .namespace("shop")
///     .excluded_handlers(["^/health$"])
///     .latency_buckets([0.005, 0.025, 0.1, 0.5])
///     .custom_label("service", "orders")
///     .build()?;
/// # Ok::<(), metrics_runtime::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Config {
    pub(crate) enabled: bool,
    pub(crate) endpoint: String,
    pub(crate) prefix: String,
    pub(crate) excluded: Vec<Regex>,
    pub(crate) latency_buckets: Vec<f64>,
    pub(crate) custom_labels: Vec<(String, String)>,
    pub(crate) group_status_codes: bool,
    pub(crate) unmatched: Unmatched,
    pub(crate) exclude_streaming_duration: bool,
    pub(crate) gzip: bool,
    pub(crate) registry: Option<Registry>,
    pub(crate) hooks: Vec<Hook>,
    pub(crate) exemplars: Option<TraceHook>,
    pub(crate) high_resolution_latency: bool,
    pub(crate) inprogress_name: Option<String>,
}

impl Config {
    /// Latency buckets for services that answer in micro- and milliseconds: 19 bounds from 10 µs to 10 s.
    ///
    /// They are the default bounds continued at both ends, in steps of 1, 3 and 5. So rules and dashboards that name a
    /// default bound, like `le="0.3"`, find it here too. A handler has 22 series for the duration per method instead of
    /// 9. `METRICS_LATENCY_BUCKETS=fine` sets them from the environment.
    ///
    /// ```
    /// use metrics_runtime::Config;
    ///
    /// let config = Config::builder()
    ///     .latency_buckets(Config::FINE_LATENCY_BUCKETS)
    ///     .build()?;
    /// # Ok::<(), metrics_runtime::ConfigError>(())
    /// ```
    pub const FINE_LATENCY_BUCKETS: [f64; 19] = [
        0.000_01, 0.000_03, 0.000_05, 0.000_1, 0.000_3, 0.000_5, 0.001, 0.003, 0.005, 0.01, 0.03,
        0.05, 0.1, 0.3, 0.5, 1.0, 3.0, 5.0, 10.0,
    ];

    /// Reads the environment of the process: [`Config::builder`] with nothing set.
    ///
    /// # Errors
    /// The first variable that cannot be used, with its value and the reason.
    ///
    /// ```
    /// let config = metrics_runtime::Config::from_env()?;
    /// # Ok::<(), metrics_runtime::ConfigError>(())
    /// ```
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// Starts from the environment; each option set in code replaces its variable.
    ///
    /// ```
    /// let config = metrics_runtime::Config::builder().enabled(false).build()?;
    /// # Ok::<(), metrics_runtime::ConfigError>(())
    /// ```
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder::default()
    }

    pub(crate) fn disabled() -> Self {
        Self::builder()
            .enabled(false)
            .resolve(|_| None)
            .expect("nothing is set that could be wrong")
    }

    pub(crate) fn is_excluded(&self, handler: &str) -> bool {
        self.excluded
            .iter()
            .any(|pattern| pattern.is_match(handler))
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("enabled", &self.enabled)
            .field("endpoint", &self.endpoint)
            .field("prefix", &self.prefix)
            .field("excluded", &self.excluded)
            .field("latency_buckets", &self.latency_buckets)
            .field("custom_labels", &self.custom_labels)
            .field("hooks", &self.hooks.len())
            .finish_non_exhaustive()
    }
}

/// Collects settings; [`build`](Self::build) validates them all.
///
/// The last value given for an option holds, except for [`custom_label`](Self::custom_label) and
/// [`on_request`](Self::on_request), which add up.
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
    custom_labels: Option<Vec<(String, String)>>,
    group_status_codes: bool,
    unmatched: Unmatched,
    exclude_streaming_duration: bool,
    gzip: Option<bool>,
    registry: Option<Registry>,
    hooks: Vec<Hook>,
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
    pub fn exclude_streaming_duration(mut self, exclude: bool) -> Self {
        self.exclude_streaming_duration = exclude;
        self
    }

    /// Whether `/metrics` is compressed for clients that accept gzip. Default on.
    ///
    /// What was compressed is kept for the next scrape, which compresses anew only what changed: about half a kilobyte a
    /// handler, for each format that is asked for.
    pub fn gzip(mut self, gzip: bool) -> Self {
        self.gzip = Some(gzip);
        self
    }

    /// The registry whose other collectors `/metrics` shows too, and in which ours are registered.
    /// Default: `prometheus::default_registry()` for [`init`](crate::init), a new one for
    /// [`Metrics::new`](crate::Metrics::new).
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
        self.hooks.push(Hook(Arc::new(hook)));
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
        let latency_buckets = match (self.latency_buckets, lookup(BUCKETS)) {
            (Some(bounds), _) => {
                check_buckets("latency_buckets", &format!("{bounds:?}"), &bounds)?;
                bounds
            }
            (None, Some(text)) if !text.trim().is_empty() => parse_buckets(&text)?,
            (None, _) => DEFAULT_LATENCY_BUCKETS.to_vec(),
        };
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

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&'static str, &str)]) -> Result<Config, ConfigError> {
        Config::builder().resolve(|name| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_set() {
        let config = from(&[]).unwrap();
        assert!(config.enabled);
        assert_eq!(config.endpoint, "/metrics");
        assert_eq!(config.prefix, "");
        assert_eq!(config.latency_buckets, DEFAULT_LATENCY_BUCKETS);
        assert!(config.gzip && config.excluded.is_empty() && config.custom_labels.is_empty());
    }

    #[test]
    fn everything_set() {
        let config = from(&[
            (ENABLE, "Off"),
            (EXCLUDED, ".*admin.*, ^/$"),
            (NAMESPACE, "shop"),
            (SUBSYSTEM, "web"),
            (BUCKETS, "1, 2,3"),
            (LABELS, "service=orders, environment=prod"),
        ])
        .unwrap();
        assert!(!config.enabled);
        assert!(config.is_excluded("/x/admin/y") && config.is_excluded("/"));
        assert!(!config.is_excluded("/ignore"));
        assert_eq!(config.prefix, "shop_web_");
        assert_eq!(config.latency_buckets, [1.0, 2.0, 3.0]);
        assert_eq!(
            config.custom_labels[1],
            ("environment".into(), "prod".into())
        );
    }

    #[test]
    fn booleans() {
        for (text, expected) in [("true", true), ("YES", true), ("1", true), ("on", true)]
            .into_iter()
            .chain([
                ("False", false),
                ("no", false),
                ("0", false),
                ("OFF", false),
            ])
        {
            assert_eq!(from(&[(ENABLE, text)]).unwrap().enabled, expected, "{text}");
        }
    }

    #[test]
    fn patterns_with_commas_go_in_json() {
        let config = from(&[(EXCLUDED, r#"["^/a{1,2}$", "b"]"#)]).unwrap();
        assert_eq!(config.excluded.len(), 2);
        assert!(config.is_excluded("/aa"));
        let config = from(&[(EXCLUDED, "[ab]c,d")]).unwrap();
        assert_eq!(config.excluded.len(), 2);
    }

    #[test]
    fn labels_with_commas_go_in_json() {
        let config = from(&[(LABELS, r#" {"zone": "a,b", "service": "orders=1"}"#)]).unwrap();
        assert_eq!(
            config.custom_labels,
            [
                ("service".into(), "orders=1".into()),
                ("zone".into(), "a,b".into())
            ]
        );
        assert!(from(&[(LABELS, "{}")]).unwrap().custom_labels.is_empty());
    }

    #[test]
    fn fine_buckets_have_a_name_and_include_the_defaults() {
        let config = from(&[(BUCKETS, " fine ")]).unwrap();
        assert_eq!(config.latency_buckets, Config::FINE_LATENCY_BUCKETS);
        for bound in DEFAULT_LATENCY_BUCKETS {
            assert!(config.latency_buckets.contains(&bound), "{bound}");
        }
        Config::builder()
            .latency_buckets(Config::FINE_LATENCY_BUCKETS)
            .resolve(|_| None)
            .unwrap();
    }

    #[test]
    fn faults_name_variable_value_and_reason() {
        for (variable, value, reason) in [
            (ENABLE, "maybe", "not a boolean"),
            (ENABLE, "", "not a boolean"),
            (EXCLUDED, "(", "unclosed group"),
            (EXCLUDED, r#"["a", 1]"#, "not a JSON array of strings"),
            (NAMESPACE, "9x", "starts with no digit"),
            (SUBSYSTEM, "a-b", "letters, digits and `_`"),
            (BUCKETS, "1,0.5", "0.5 follows 1"),
            (BUCKETS, "1,1", "1 follows 1"),
            (BUCKETS, "1,NaN", "no finite bound"),
            (BUCKETS, "1,inf", "no finite bound"),
            (BUCKETS, "-1,1", "no request takes -1 seconds"),
            (BUCKETS, "1,,2", "`` is no number"),
            (BUCKETS, "fast", "`fast` is no number"),
            (BUCKETS, "fine,1", "`fine` is no number"),
            (LABELS, "service", "`service` is not of the form"),
            (LABELS, r#"{"a": 1}"#, "not a JSON object of strings"),
            (LABELS, r#"{"a": "b"},c=d"#, "not a JSON object of strings"),
        ] {
            let error = from(&[(variable, value)]).unwrap_err();
            assert_eq!((error.setting(), error.value()), (variable, value));
            assert!(error.reason().contains(reason), "{error}");
        }
        for value in [
            "le=1",
            "9x=1",
            "__a=1",
            "a=1,a=2",
            "handler=x",
            "e=",
            "e= ,f=1",
            r#"{"le": "1"}"#,
            r#"{"e": ""}"#,
        ] {
            assert_eq!(
                from(&[(LABELS, value)]).unwrap_err().setting(),
                LABELS,
                "{value}"
            );
        }
    }

    #[test]
    fn the_gauge_takes_no_name_of_another_sample() {
        for name in [
            "",
            "9lives",
            "in-progress",
            "http_requests",
            "http_requests_total",
            "http_request_duration_seconds",
            "http_request_duration_seconds_bucket",
            "http_request_size_bytes_sum",
            "http_request_duration_highr_seconds_count",
            "http_requests_created",
        ] {
            let error = Config::builder().inprogress_name(name).build().unwrap_err();
            assert_eq!(
                (error.setting(), error.value()),
                ("inprogress_name", name),
                "{error}"
            );
        }
        for name in ["http_requests_inprogress", "requests_running"] {
            assert!(Config::builder().inprogress_name(name).build().is_ok());
        }
    }

    #[test]
    fn code_wins_over_the_environment() {
        let config = Config::builder()
            .enabled(true)
            .namespace("code")
            .latency_buckets([7.0])
            .excluded_handlers(["code"])
            .custom_label("from", "code")
            .resolve(|name| match name {
                ENABLE => Some("false".into()),
                NAMESPACE | EXCLUDED => Some("env".into()),
                BUCKETS => Some("1".into()),
                LABELS => Some("from=env".into()),
                _ => None,
            })
            .unwrap();
        assert!(config.enabled && config.is_excluded("code") && !config.is_excluded("env"));
        assert_eq!(config.prefix, "code_");
        assert_eq!(config.latency_buckets, [7.0]);
        assert_eq!(config.custom_labels, [("from".into(), "code".into())]);
    }

    #[test]
    fn an_empty_label_is_refused_in_code_too() {
        let error = Config::builder()
            .custom_label("zone", "")
            .resolve(|_| None)
            .unwrap_err();
        assert_eq!((error.setting(), error.value()), ("custom_label", "zone="));
        assert!(error.reason().contains("empty value"), "{error}");
    }

    #[test]
    fn a_setting_made_in_code_hides_a_bad_variable() {
        let config = Config::builder()
            .namespace("sound")
            .resolve(|name| (name == NAMESPACE).then(|| "9".into()));
        assert!(config.is_ok());
    }
}
