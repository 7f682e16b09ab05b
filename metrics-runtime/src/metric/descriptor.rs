//! A family's name, type, help text and unit.

use std::borrow::Cow;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
    Summary,
    /// A gauge that is always 1, in the text format; a type of its own in OpenMetrics.
    Info,
    /// Of another collector, which names no type.
    Unknown,
}

/// What is printed once for a family.
#[derive(Debug, Clone)]
pub(crate) struct Descriptor {
    /// As the text format prints it: with the configured prefix, a counter of ours with `_total`.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// May be empty: another collector's may have none.
    pub(crate) help: Cow<'static, str>,
    /// The unit the name ends in, where it does.
    pub(crate) unit: Option<&'static str>,
}

impl Descriptor {
    /// The names of the family's samples, which no other family may have.
    pub(crate) fn sample_names(&self) -> Vec<String> {
        let suffixes: &[&str] = match self.kind {
            Kind::Histogram => &["", "_bucket", "_sum", "_count"],
            Kind::Summary => &["", "_sum", "_count"],
            _ => &[""],
        };
        suffixes
            .iter()
            .map(|suffix| format!("{}{suffix}", self.name))
            .collect()
    }
}
