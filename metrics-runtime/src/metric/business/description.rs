//! What is known of a metric when the program is built: its name, its help text, its labels and their values.

use std::fmt;

use super::LabelValue;

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
        let mut series: usize = 1;
        let mut at = 0;
        while at < self.labels.len() {
            series = series.saturating_mul(self.labels[at].count);
            at += 1;
        }
        series
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

    /// The values of a series' labels, the last label changing fastest; `None` once a label has no such value.
    pub(crate) fn values(
        &self,
        series: usize,
    ) -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
        let mut below = self.series().max(1);
        self.labels.iter().map(move |key| {
            below /= key.count.max(1);
            (key.name, (key.text)(series / below % key.count.max(1)))
        })
    }
}

/// A label: its name, and its values.
#[derive(Clone, Copy)]
pub struct LabelKey {
    pub(crate) name: &'static str,
    pub(crate) count: usize,
    pub(crate) text: fn(usize) -> Option<&'static str>,
}

/// The label at one place of a metric. The expansion implements it for a type of the metric's own, so that a type that
/// cannot be a label is one error, on the parameter's type.
pub trait Label<const AT: usize> {
    /// The parameter's type.
    type Value: LabelValue;
    /// The parameter's name.
    const NAME: &'static str;
    /// Name and values.
    const KEY: LabelKey = LabelKey {
        name: Self::NAME,
        count: Self::Value::COUNT,
        text: Self::Value::text,
    };

    /// The index of a series, given the index that the labels before this one have.
    #[inline]
    #[must_use]
    fn index(before: usize, value: Self::Value) -> usize {
        // An index that its implementation promised not to return would be another series.
        let at = value.index().min(Self::Value::COUNT.saturating_sub(1));
        before * Self::Value::COUNT + at
    }
}

/// A message put together while the program is built.
struct Text {
    bytes: [u8; 256],
    len: usize,
}

impl Text {
    const fn new() -> Self {
        Self {
            bytes: [0; 256],
            len: 0,
        }
    }

    const fn push(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        let mut at = 0;
        while at < text.len() && self.len < self.bytes.len() {
            self.bytes[self.len] = text[at];
            self.len += 1;
            at += 1;
        }
        self
    }

    const fn push_number(self, number: usize) -> Self {
        const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
        let text = if number >= 10 {
            self.push_number(number / 10)
        } else {
            self
        };
        text.push(DIGITS[number % 10])
    }

    const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}
