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
mod method;
mod metric;
mod number;
mod site;
mod template;

pub use metrics_macros::{LabelValue, instrument_handler, metrics};
pub use prometheus;

pub use crate::{
    actix::{CatchAll, metrics_scope},
    config::{Config, ConfigBuilder, Unmatched},
    error::{ConfigError, InitError},
    expose::Format,
    hook::FinishedRequest,
    instance::{Metrics, init, registry, render, value},
    metric::business::{
        Counter, FloatCounter, Gauge, Histogram, HistogramTimer, Info, LabelValue,
        LabelValuesError, Outcome, Summary, UpDown, UpDownGuard,
    },
};
