//! Labels that the gateway would overwrite with those of the group.

use super::PushError;
use crate::{
    expose::Source,
    label,
    metric::{Descriptor, Encoder, Value},
};

/// Looks for a metric that has a label of one of these names.
///
/// # Errors
/// [`PushError::Overwritten`] if there is one.
pub(super) fn check<'a>(
    source: &impl Source,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), PushError> {
    let mut search = Search {
        names,
        family: String::new(),
        found: None,
    };
    source.encode(&mut search);
    match search.found {
        Some((metric, label)) => Err(PushError::Overwritten { metric, label }),
        None => Ok(()),
    }
}

struct Search<I> {
    names: I,
    family: String,
    found: Option<(String, String)>,
}

impl<'a, I: Iterator<Item = &'a str> + Clone> Encoder for Search<I> {
    fn family(&mut self, descriptor: &Descriptor) {
        self.family.clone_from(&descriptor.name);
    }

    fn sample_at(&mut self, labels: &[&str], _: Value<'_>, _: Option<i64>) {
        if self.found.is_some() {
            return;
        }
        let labels = label::parse_pairs(&labels.concat());
        self.found = labels
            .into_iter()
            .find(|(name, _)| self.names.clone().any(|taken| taken == name))
            .map(|(name, _)| (self.family.clone(), name));
    }
}
