//! Settings: what may be said, where from, and what is refused.
//!
//! Everything is a pure function of a lookup; only [`Config::from_env`] and [`ConfigBuilder::build`] touch the
//! environment of the process.

mod builder;
mod parse;

use std::fmt;

use prometheus::Registry;
use regex::Regex;

pub use self::builder::ConfigBuilder;
use crate::{
    error::ConfigError,
    hook::{Hook, TraceHook},
    slo::Slo,
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
    /// With the threshold of the default objective among them.
    pub(crate) latency_buckets: Vec<f64>,
    pub(crate) slo: Slo,
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
            .field("slo", &self.slo)
            .field("custom_labels", &self.custom_labels)
            .field("hooks", &self.hooks.len())
            .finish_non_exhaustive()
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
    fn the_default_threshold_joins_the_buckets_of_the_environment() {
        let buckets = |text: &str| {
            let config = Config::builder()
                .slo(None, (0.3, 99.0))
                .resolve(|name| (name == BUCKETS).then(|| text.to_owned()));
            config.unwrap().latency_buckets
        };
        assert_eq!(buckets("1,2"), [0.3, 1.0, 2.0]);
        assert_eq!(buckets("0.1,0.3"), [0.1, 0.3]);
    }

    #[test]
    fn a_setting_made_in_code_hides_a_bad_variable() {
        let config = Config::builder()
            .namespace("sound")
            .resolve(|name| (name == NAMESPACE).then(|| "9".into()));
        assert!(config.is_ok());
    }
}
