//! What is known of a metric when the program is built: its name, its help text, its labels and their values.

use std::fmt;

use crate::label_value::{self, LabelKey, Text, combinations};

/// The constant part of a family; made by the expansion of `#[metrics]`.
#[derive(Clone, Copy)]
pub struct Description {
    /// With the module's prefix, without the configuration's.
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) unit: Option<&'static str>,
    pub(crate) labels: &'static [LabelKey],
    pub(crate) constant: &'static [(&'static str, &'static str)],
    /// Where it is declared, for messages.
    pub(crate) file: &'static str,
    pub(crate) line: u32,
}

impl Description {
    /// A metric without labels.
    #[must_use]
    pub const fn new(
        name: &'static str,
        help: &'static str,
        file: &'static str,
        line: u32,
    ) -> Self {
        Self {
            name,
            help,
            unit: None,
            labels: &[],
            constant: &[],
            file,
            line,
        }
    }

    /// The base unit the name ends in.
    #[must_use]
    pub const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }

    /// The labels, in the order of the parameters.
    #[must_use]
    pub const fn labels(mut self, labels: &'static [LabelKey]) -> Self {
        self.labels = labels;
        self
    }

    /// Labels that all series have.
    #[must_use]
    pub const fn constant(mut self, labels: &'static [(&'static str, &'static str)]) -> Self {
        self.constant = labels;
        self
    }

    /// How many combinations the labels' values have.
    pub(crate) const fn series(&self) -> usize {
        combinations(self.labels)
    }

    /// Refuses, while the program is built, a metric with more series than it may have.
    ///
    /// # Panics
    /// If the labels have more combinations than `budget`, or none.
    #[track_caller]
    pub const fn check_series(&self, budget: u32) {
        let series = self.series();
        assert!(
            series > 0,
            "a label has no values, so the metric has no series; give its type a `COUNT` above 0"
        );
        if series > budget as usize {
            let message = Text::new()
                .push("`")
                .push(self.name)
                .push("` has ")
                .push_number(series)
                .push(" series, and ")
                .push_number(budget as usize)
                .push(" are allowed; drop a label, or write `#[metric(series = ")
                .push_number(series)
                .push(")]`");
            panic!("{}", message.as_str());
        }
    }

    /// Prints a handle: its type, and its series as `/metrics` would.
    pub(crate) fn fmt_series(
        &self,
        kind: &str,
        series: usize,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        write!(f, "{kind}({}", self.name)?;
        for (at, (name, value)) in self.values(series).enumerate() {
            let start = if at == 0 { "{" } else { "," };
            write!(f, "{start}{name}={:?}", value.unwrap_or_default())?;
        }
        f.write_str(if self.labels.is_empty() { ")" } else { "})" })
    }

    /// The values of a series' labels.
    pub(crate) fn values(
        &self,
        series: usize,
    ) -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
        label_value::values(self.labels, series)
    }
}
