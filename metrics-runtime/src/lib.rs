#![doc = include_str!("../../README.md")]

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod actix;
mod config;
mod engine;
mod error;
mod error_type;
mod expose;
mod hook;
mod http;
mod instance;
mod label;
mod label_value;
mod method;
mod metric;
mod number;
#[cfg(feature = "push")]
mod push;
mod site;
mod slo;
mod task;
mod template;
mod textfile;
mod trace_id;

pub use metrics_macros::LabelValue;
#[doc = include_str!("instrument_handler.md")]
pub use metrics_macros::instrument_handler;
/// ```
/// use metrics_runtime::{instrument_task, value};
///
/// #[instrument_task(task = "import", every = 86_400.0)]
/// fn import(text: &str) -> Result<u32, std::num::ParseIntError> {
///     text.parse()
/// }
///
/// assert!(import("7").is_ok());
/// assert!(import("seven").is_err());
/// let runs = |outcome| value("task_runs_total", &[("task", "import"), ("outcome", outcome)]);
/// assert_eq!(runs("ok"), Some(1.0));
/// assert_eq!(runs("error"), Some(1.0));
/// ```
///
pub use metrics_macros::instrument_task;
#[doc = include_str!("metrics.md")]
pub use metrics_macros::metrics;
pub use prometheus;

#[cfg(feature = "push")]
pub use crate::push::{PushError, PushHandle, Pusher, PusherBuilder};
pub use crate::{
    actix::{CatchAll, MetricsServer, artifacts, exemplars, metrics_scope, serve},
    config::{Config, ConfigBuilder, Unmatched},
    error::{ConfigError, InitError},
    expose::{Artifacts, ArtifactsError, Format},
    hook::FinishedRequest,
    instance::{Metrics, init, registry, render, value},
    label_value::LabelValue,
    metric::business::{
        Counter, FloatCounter, Gauge, Histogram, HistogramTimer, Info, LabelValuesError, Outcome,
        Summary, UpDown, UpDownGuard,
    },
    textfile::write_textfile,
};

/// The examples in the documents compile.
#[cfg(doctest)]
#[doc = include_str!("../../docs/workers.md")]
mod workers {}

#[cfg(doctest)]
#[doc = include_str!("../../docs/business-metrics.md")]
mod business_metrics {}
