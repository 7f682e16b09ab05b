//! What the black-box tests share: reading the text of `/metrics`.

/// Samples of one scrape.
#[derive(Debug, Clone)]
pub struct Scrape {
    text: String,
}

impl Scrape {
    /// Takes the text of a scrape.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
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

    /// Every sample: the series as written, and its value.
    pub fn samples(&self) -> impl Iterator<Item = (&str, f64)> {
        self.text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| {
                let (series, value) = line
                    .rsplit_once(' ')
                    .expect("a sample is a series and a value");
                (series, value.parse().expect("a sample's value is a number"))
            })
    }
}
