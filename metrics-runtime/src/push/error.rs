//! Why metrics were not pushed.

use std::{error::Error, fmt, io};

use crate::error::ConfigError;

/// Why a [`Pusher`](crate::Pusher) could not push, or delete.
///
/// ```
/// use metrics_runtime::{PushError, Pusher};
///
/// let pusher = Pusher::builder("http://127.0.0.1:1").job("nightly").build()?;
/// let error = pusher.push_blocking().unwrap_err();
/// assert!(matches!(error, PushError::Unreachable { attempts: 3, .. }));
/// # Ok::<(), metrics_runtime::ConfigError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum PushError {
    /// [`init`](crate::init) was not called, and the environment is invalid.
    Config(ConfigError),
    /// A metric has a label that the group has too, and the gateway would overwrite it. Nothing was sent. Rename either.
    Overwritten {
        /// The name of the metric.
        metric: String,
        /// `job`, or the name of a grouping label.
        label: String,
    },
    /// The gateway answered with another status than 2xx.
    Refused {
        /// The URL, without credentials.
        url: String,
        /// The status.
        status: u16,
        /// The body, which says why.
        reason: String,
        /// How often it was tried: several times for 5xx.
        attempts: u32,
    },
    /// The gateway did not answer, or not within the timeout.
    Unreachable {
        /// The URL, without credentials.
        url: String,
        /// How often it was tried.
        attempts: u32,
        /// What happened last.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A collector in the registry panicked. Nothing was sent.
    CollectorPanicked,
    /// No thread could be started for the request.
    Thread(io::Error),
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => write!(f, "metrics are off: {error}"),
            Self::Overwritten { metric, label } => write!(
                f,
                "`{metric}` has a label `{label}`, which the group would overwrite; rename one of them"
            ),
            Self::Refused {
                url,
                status,
                reason,
                attempts,
            } => {
                write!(f, "{url} answered {status}")?;
                if *attempts > 1 {
                    write!(f, " {attempts} times")?;
                }
                if reason.is_empty() {
                    Ok(())
                } else {
                    write!(f, ": {reason}")
                }
            }
            Self::Unreachable {
                url,
                attempts,
                source,
            } => {
                write!(f, "{url} was not reached")?;
                if *attempts > 1 {
                    write!(f, " in {attempts} attempts")?;
                }
                write!(f, ": {source}")
            }
            Self::CollectorPanicked => f.write_str("a collector in the registry panicked"),
            Self::Thread(error) => write!(f, "no thread for the request: {error}"),
        }
    }
}

impl Error for PushError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Config(error) => Some(error),
            Self::Unreachable { source, .. } => Some(&**source),
            Self::Thread(error) => Some(error),
            _ => None,
        }
    }
}
