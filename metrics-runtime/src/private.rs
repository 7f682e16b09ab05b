//! All that generated code names. Not for users: it changes with the attribute, in any release.

pub use std::string::String;

pub use linkme;

pub use crate::{
    actix::{Captured, Instrumented, Start, Timed, error_types::Probe, signature::*},
    label_value::{Label, LabelKey},
    metric::business::{
        CounterFamily, Description, FAMILIES, Family, FloatCounterFamily, GaugeFamily,
        HistogramFamily, InfoFamily, LabelSet, Refused, SummaryFamily, UpDownFamily,
    },
    site::{EachErrorType, ErrorType, RequestLabels, Route, SITES, Site},
    task::*,
};

/// The traits of a [`Probe`], without their names.
pub mod probing {
    pub use crate::actix::error_types::{Known as _, NoResult as _, Unknown as _};
}
