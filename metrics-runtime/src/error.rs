//! What can be wrong before the first request, and how it is told.

use std::{error::Error, fmt};

/// A setting that cannot be used, from the environment or from [`ConfigBuilder`](crate::ConfigBuilder).
///
/// Its text names the variable (or the builder's option), the value as it was given, and what is wrong with it.
///
/// ```
/// use metrics_runtime::Config;
///
/// let error = Config::builder().namespace("9lives").build().unwrap_err();
/// assert_eq!(error.setting(), "namespace");
/// assert_eq!(
///     error.to_string(),
///     r#"namespace="9lives": a metric name prefix consists of letters, digits and `_`, and starts with no digit"#,
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    setting: &'static str,
    value: String,
    reason: String,
}

impl ConfigError {
    pub(crate) fn new(
        setting: &'static str,
        value: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            setting,
            value: value.into(),
            reason: reason.into(),
        }
    }

    /// The environment variable, or the name of the builder's method.
    #[must_use]
    pub fn setting(&self) -> &str {
        self.setting
    }

    /// The value as it was given.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What is wrong with the value.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={:?}: {}", self.setting, self.value, self.reason)
    }
}

impl Error for ConfigError {}

/// Why [`init`](crate::init) or [`Metrics::new`](crate::Metrics::new) refused a valid configuration.
///
/// ```
/// use metrics_runtime::{Config, InitError, init};
///
/// init(Config::builder().build()?)?;
/// let again = init(Config::builder().build()?);
/// assert!(matches!(again, Err(InitError::AlreadyInitialized)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum InitError {
    /// `init` ran before, or a request, a scrape or `metrics_scope()` came first and used the environment.
    AlreadyInitialized,
    /// [`registry`](crate::registry) was called before `init`, which now names another registry: what was
    /// registered in between would be lost.
    RegistryInUse,
    /// Two metrics have one name, or one has the name of another's sample: a declaration beside another, beside the HTTP
    /// families, or beside a collector of the registry.
    NameClash {
        /// The name with its prefix.
        name: String,
        /// What each of them is, with file and line of a declaration.
        places: [String; 2],
    },
    /// The registry already holds a collector under one of our names.
    Registry(prometheus::Error),
    /// The registry adds a prefix or labels to whatever it gathers ([`Registry::new_custom`](prometheus::Registry)), which
    /// `/metrics` would not show on the HTTP families: set `namespace`, `subsystem` and `custom_label` instead.
    CustomRegistry,
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyInitialized => f.write_str(
                "metrics are already initialized; call `init` once, before `metrics_scope()` and before the first request",
            ),
            Self::RegistryInUse => f.write_str(
                "`registry()` was used before `init`, which names another registry; call `init` first",
            ),
            Self::NameClash {
                name,
                places: [first, second],
            } => write!(f, "`{name}` is the name of two metrics, {first} and {second}; rename one"),
            Self::Registry(error) => write!(
                f,
                "the registry refuses our families, another collector has one of their names: {error}"
            ),
            Self::CustomRegistry => f.write_str(
                "the registry adds a prefix or labels, which `/metrics` would not show; set `namespace`, `subsystem` and `custom_label` instead",
            ),
        }
    }
}

impl Error for InitError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Registry(error) => Some(error),
            _ => None,
        }
    }
}
