#![doc = include_str!("../../README.md")]

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod actix;
mod config;
mod error;
mod error_type;
mod exposition;
mod families;
mod hook;
mod label;
mod method;
mod metrics;
mod recorder;
mod site;
mod template;

pub use metrics_macros::instrument_handler;
pub use prometheus;

pub use crate::{
    actix::{CatchAll, metrics_scope},
    config::{Config, ConfigBuilder, Unmatched},
    error::{ConfigError, InitError},
    exposition::Format,
    hook::FinishedRequest,
    metrics::{Metrics, init, registry, render},
};
