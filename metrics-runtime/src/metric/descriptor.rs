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
    /// The names under which the family appears, its own first: another metric of one of them would be mixed up with it.
    pub(crate) fn names(&self) -> Vec<String> {
        let suffixes: &[&str] = match self.kind {
            Kind::Histogram => &["", "_bucket", "_sum", "_count"],
            Kind::Summary => &["", "_sum", "_count"],
            _ => &[""],
        };
        let names = suffixes.iter();
        let mut names: Vec<String> = names
            .map(|suffix| format!("{}{suffix}", self.name))
            .collect();
        // OpenMetrics names the family so, and another counter of that name would get the suffix.
        let base = ["_total", "_info"]
            .iter()
            .find_map(|suffix| self.name.strip_suffix(suffix));
        names.extend(base.map(str::to_owned));
        names
    }
}
