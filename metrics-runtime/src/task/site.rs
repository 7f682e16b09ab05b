//! A task as the attribute describes it at compile time.

use std::sync::OnceLock;

use linkme::distributed_slice;

use super::series::Bound;
use crate::slo::{Slo, TimeSlo};

/// Every annotated function of the program, put here by the linker.
#[distributed_slice]
pub static TASKS: [TaskSite];

/// One annotated function: a static made by the attribute's expansion.
pub struct TaskSite {
    pub(super) bound: OnceLock<Bound>,
    pub(crate) name: &'static str,
    pub(crate) labels: &'static [(&'static str, &'static str)],
    pub(crate) buckets: Option<&'static [f64]>,
    pub(crate) every: Option<f64>,
    pub(crate) error: Option<KnownError>,
    pub(crate) error_if: Option<&'static str>,
    pub(crate) slo: Slo,
}

/// A function's error as its signature names it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum KnownError {
    /// The `error_type` label.
    Label(&'static str),
    /// The name of the return type.
    Returned(fn() -> &'static str),
}

impl TaskSite {
    /// A task of this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            bound: OnceLock::new(),
            name,
            labels: &[],
            buckets: None,
            every: None,
            error: None,
            error_if: None,
            slo: Slo::NONE,
        }
    }

    /// Labels of this task's series, beside those of its families.
    #[must_use]
    pub const fn labels(mut self, labels: &'static [(&'static str, &'static str)]) -> Self {
        self.labels = labels;
        self
    }

    /// Buckets of this task's durations in seconds.
    #[must_use]
    pub const fn buckets(mut self, buckets: &'static [f64]) -> Self {
        self.buckets = Some(buckets);
        self
    }

    /// Seconds from one run to the next, as planned.
    #[must_use]
    pub const fn every(mut self, seconds: f64) -> Self {
        self.every = Some(seconds);
        self
    }

    /// The error's label, where the signature names it.
    #[must_use]
    pub const fn error(mut self, label: &'static str) -> Self {
        self.error = Some(KnownError::Label(label));
        self
    }

    /// Names the return type, where it can be named.
    #[must_use]
    pub const fn returns(mut self, name: fn() -> &'static str) -> Self {
        self.error = Some(KnownError::Returned(name));
        self
    }

    /// The name of the function given as `error_if`.
    #[must_use]
    pub const fn error_if(mut self, label: &'static str) -> Self {
        self.error_if = Some(label);
        self
    }

    /// So many percent of the runs that are not cancelled end as ok.
    #[must_use]
    pub const fn availability(mut self, percent: f64) -> Self {
        self.slo.availability = Some(percent);
        self
    }

    /// So many percent of the runs take no longer than so many seconds.
    #[must_use]
    pub const fn duration(mut self, seconds: f64, percent: f64) -> Self {
        self.slo.time = Some(TimeSlo {
            threshold: seconds,
            percent,
        });
        self
    }
}
