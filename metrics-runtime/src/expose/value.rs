//! One sample's value, looked up by name and labels.

use crate::{
    label,
    metric::{Descriptor, Encoder, Value},
};

/// Finds the sample with a name as printed in the text format and these labels, in any order.
///
/// The configured constant labels may be left out.
pub(crate) struct Lookup<'a> {
    name: &'a str,
    labels: &'a [(&'a str, &'a str)],
    optional: &'a [(String, String)],
    /// What the name adds to the name of the family at hand; `None` if it is another family's.
    suffix: Option<&'a str>,
    pub(crate) found: Option<f64>,
}

impl<'a> Lookup<'a> {
    pub(crate) fn new(
        name: &'a str,
        labels: &'a [(&'a str, &'a str)],
        optional: &'a [(String, String)],
    ) -> Self {
        Self {
            name,
            labels,
            optional,
            suffix: None,
            found: None,
        }
    }

    /// Whether a sample with these labels, and one more, is the one.
    fn is(&self, labels: &[(String, String)], more: Option<(&str, &str)>) -> bool {
        let own = labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let all = || own.clone().chain(more);
        let known = |pair| all().any(|own| own == pair);
        self.labels.iter().copied().all(known)
            && all().all(|own| {
                self.labels.contains(&own)
                    || self.optional.iter().any(|(name, value)| {
                        (name.as_str(), value.as_str()) == own
                            && self.labels.iter().all(|(asked, _)| asked != name)
                    })
            })
    }

    fn look(&self, labels: &[(String, String)], value: Value<'_>) -> Option<f64> {
        let is_it = |value| self.is(labels, None).then_some(value);
        match (value, self.suffix?) {
            (Value::Integer(value), "") => is_it(value as f64),
            (Value::Signed(value), "") => is_it(value as f64),
            (Value::Float(value), "") => is_it(value),
            (Value::Histogram { sum, .. } | Value::Summary { sum, .. }, "_sum") => {
                is_it(sum.to_float())
            }
            (Value::Histogram { counts, .. }, "_count") => is_it(counts.iter().sum::<u64>() as f64),
            (Value::Summary { count, .. }, "_count") => is_it(count as f64),
            (Value::Histogram { le, counts, .. }, "_bucket") => {
                let index = le
                    .iter()
                    .position(|bound| self.is(labels, Some(("le", bound))))?;
                Some(counts[..=index].iter().sum::<u64>() as f64)
            }
            (Value::Summary { quantiles, .. }, "") => quantiles.iter().find_map(|(at, value)| {
                let at = crate::number::canonical_bound(*at);
                self.is(labels, Some(("quantile", &at))).then_some(*value)
            }),
            _ => None,
        }
    }
}

impl Encoder for Lookup<'_> {
    fn family(&mut self, descriptor: &Descriptor) {
        self.suffix = self.name.strip_prefix(descriptor.name.as_str());
    }

    fn sample_at(&mut self, labels: &[&str], value: Value<'_>, _timestamp: Option<i64>) {
        if self.found.is_none() && self.suffix.is_some() {
            let labels = label::parse_pairs(&labels.concat());
            self.found = self.look(&labels, value);
        }
    }
}
