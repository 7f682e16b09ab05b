//! What one scrape says.

use metrics_runtime::{Format, Metrics};

use crate::Document;

/// Samples of one scrape.
#[derive(Debug, Clone)]
pub struct Scrape {
    text: String,
    document: Document,
}

impl Scrape {
    /// Takes the text of a scrape.
    ///
    /// # Panics
    /// If the text breaks a rule of its format: see [`Document::parse`].
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        match Document::parse(&text) {
            Ok(document) => Self { text, document },
            Err(fault) => panic!("{fault}\n{text}"),
        }
    }

    /// What these metrics say now.
    #[must_use]
    pub fn of(metrics: Metrics) -> Self {
        Self::new(metrics.render(Format::Text))
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Families and samples, parsed.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The value of exactly this series, written as in the text: `name{label="value",..}`.
    #[must_use]
    pub fn get(&self, series: &str) -> Option<f64> {
        self.samples()
            .find(|(known, _)| *known == series)
            .map(|(_, value)| value)
    }

    /// The value of a series that must be there.
    ///
    /// # Panics
    /// If it is not.
    #[must_use]
    pub fn value(&self, series: &str) -> f64 {
        match self.get(series) {
            Some(value) => value,
            None => panic!("no series {series} in\n{}", self.text),
        }
    }

    /// The sum over all series of this name whose labels contain every given `name="value"`.
    #[must_use]
    pub fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        self.samples()
            .filter(|(series, _)| {
                series
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('{'))
                    && labels.iter().all(|label| series.contains(label))
            })
            .map(|(_, value)| value)
            .sum()
    }

    /// Requests counted under exactly these labels, whatever others the series has.
    #[must_use]
    pub fn requests(&self, handler: &str, method: &str, status: u16) -> f64 {
        self.sum(
            "http_requests_total",
            &[
                &format!("handler=\"{handler}\""),
                &format!("method=\"{method}\""),
                &format!("status=\"{status}\""),
            ],
        )
    }

    /// A handler's share of a family without further labels.
    #[must_use]
    pub fn of_handler(&self, family: &str, handler: &str) -> f64 {
        self.sum(family, &[&format!("handler=\"{handler}\"")])
    }

    /// Errors of a handler by type.
    #[must_use]
    pub fn exceptions(&self, handler: &str, exception_type: &str) -> f64 {
        self.sum(
            "http_exceptions_total",
            &[
                &format!("handler=\"{handler}\""),
                &format!("exception_type=\"{exception_type}\""),
            ],
        )
    }

    /// Whether every gauge of requests in progress is 0, each by itself.
    #[must_use]
    pub fn all_at_rest(&self) -> bool {
        self.samples()
            .filter(|(series, _)| series.contains("http_requests_inprogress"))
            .all(|(_, value)| value == 0.0)
    }

    /// Whether some series has this in its name or labels.
    #[must_use]
    pub fn mentions(&self, text: &str) -> bool {
        self.samples().any(|(series, _)| series.contains(text))
    }

    /// Every sample: the series as written, and its value.
    pub fn samples(&self) -> impl Iterator<Item = (&str, f64)> {
        let samples = self.document.samples();
        samples.map(|sample| (sample.series.as_str(), sample.value))
    }
}
