//! All that generated code names. Not for users: it changes with the attribute, in any release.

pub use std::string::String;

pub use linkme;

pub use crate::{
    actix::{Captured, Instrumented, Start, Timed, signature::*},
    metric::business::{
        CounterFamily, Description, FAMILIES, Family, FloatCounterFamily, GaugeFamily,
        HistogramFamily, InfoFamily, Label, LabelKey, LabelSet, Refused, SummaryFamily,
        UpDownFamily,
    },
    site::{Annotated, Route, SITES, Site},
};
