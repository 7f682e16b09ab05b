//! What `/metrics` shows of the business metrics: those of the process-wide metrics, under their configuration.

use std::{collections::HashMap, sync::OnceLock};

use prometheus::Registry;

use super::{Description, FAMILIES, Family, histogram, summary, updown};
use crate::{
    config::Config,
    engine::Snapshot,
    error::InitError,
    label,
    metric::{Collect, Descriptor, Encoder, Kind, Sum, Value},
    number,
};

/// Every family of [`FAMILIES`], in the order of their names.
pub(crate) struct Business(Vec<Entry>);

/// A family under the configuration's prefix and labels.
struct Entry {
    family: Family,
    descriptor: Descriptor,
    /// The labels of each series, rendered once their values have texts.
    labels: Box<[OnceLock<Box<str>>]>,
    /// Labels of every series: the module's, then the configuration's.
    constant: Vec<(String, String)>,
    /// Of a histogram's buckets.
    le: Box<[Box<str>]>,
}

impl Business {
    /// Every family that is linked into the program.
    ///
    /// # Errors
    /// [`InitError::NameClash`] if two have a sample name in common, or one has one of `others`.
    pub(crate) fn new<'a>(
        config: &Config,
        others: impl IntoIterator<Item = &'a Descriptor>,
    ) -> Result<Self, InitError> {
        let mut entries: Vec<Entry> = FAMILIES
            .iter()
            .map(|family| Entry::new(*family, config))
            .collect();
        entries.sort_by(|a, b| a.descriptor.name.cmp(&b.descriptor.name));
        let mut names = Names::default();
        for descriptor in others {
            names.add(descriptor, || "a family of this library".to_owned())?;
        }
        for entry in &entries {
            names.add(&entry.descriptor, || entry.place())?;
        }
        Ok(Self(entries))
    }

    pub(crate) fn descriptors(&self) -> impl Iterator<Item = &Descriptor> {
        self.0.iter().map(|entry| &entry.descriptor)
    }

    /// # Errors
    /// [`InitError::NameClash`] if the registry holds a family with the name of one of these.
    pub(crate) fn check_registry(&self, registry: &Registry) -> Result<(), InitError> {
        for family in registry.gather() {
            let mut known = self.0.iter();
            if let Some(entry) = known.find(|entry| entry.descriptor.name == family.name()) {
                return Err(InitError::NameClash {
                    name: family.name().to_owned(),
                    places: ["one that the registry holds".to_owned(), entry.place()],
                });
            }
        }
        Ok(())
    }
}

/// From now on nothing is recorded.
pub(crate) fn disable() {
    for family in FAMILIES {
        match family {
            Family::Counter(family) => family.slots.disable(),
            Family::FloatCounter(family) => family.slots.disable(),
            Family::Gauge(family) => family.disable(),
            Family::UpDown(family) => family.slots.disable(),
            Family::Histogram(family) => family.slots.disable(),
            Family::Summary(family) => family.slots.disable(),
            Family::Info(family) => family.disable(),
        }
    }
}

impl Collect for Business {
    fn collect<E: Encoder>(&self, snapshot: &Snapshot, encoder: &mut E) {
        for entry in &self.0 {
            encoder.family(&entry.descriptor);
            entry.collect(snapshot, encoder);
        }
    }
}

impl Family {
    fn description(&self) -> &'static Description {
        match self {
            Self::Counter(family) => &family.description,
            Self::FloatCounter(family) => &family.description,
            Self::Gauge(family) => &family.description,
            Self::UpDown(family) => &family.description,
            Self::Histogram(family) => &family.description,
            Self::Summary(family) => &family.description,
            Self::Info(family) => &family.description,
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Counter(_) | Self::FloatCounter(_) => Kind::Counter,
            Self::Gauge(_) | Self::UpDown(_) => Kind::Gauge,
            Self::Histogram(_) => Kind::Histogram,
            Self::Summary(_) => Kind::Summary,
            Self::Info(_) => Kind::Info,
        }
    }
}

impl Entry {
    fn new(family: Family, config: &Config) -> Self {
        let description = family.description();
        let own = |name: &str| description.labels.iter().any(|label| label.name == name);
        let mut constant: Vec<(String, String)> = description
            .constant
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        for (name, value) in &config.custom_labels {
            if !own(name) && constant.iter().all(|(known, _)| known != name) {
                constant.push((name.clone(), value.clone()));
            }
        }
        let bounds = match family {
            Family::Histogram(family) => family.bounds,
            _ => &[],
        };
        Self {
            descriptor: Descriptor {
                name: format!("{}{}", config.prefix, description.name),
                kind: family.kind(),
                help: description.help.into(),
                unit: description.unit,
            },
            labels: (0..description.series()).map(|_| OnceLock::new()).collect(),
            constant,
            le: bounds
                .iter()
                .chain([&f64::INFINITY])
                .map(|bound| number::canonical_bound(*bound).into())
                .collect(),
            family,
        }
    }

    fn place(&self) -> String {
        let Description { file, line, .. } = self.family.description();
        format!("one declared at {file}:{line}")
    }

    fn collect<E: Encoder>(&self, snapshot: &Snapshot, encoder: &mut E) {
        let is_blank = snapshot.is_blank();
        match self.family {
            Family::Counter(family) => {
                let sums = snapshot.run(family.slots.run());
                self.each_series(|series, labels| {
                    let count = sums.map_or(0, |sums| sums[series]);
                    encoder.sample(labels, Value::Integer(count));
                });
            }
            Family::FloatCounter(family) => {
                let sums = snapshot.run(family.slots.run());
                self.each_series(|series, labels| {
                    let sum = sums.map_or(0.0, |sums| f64::from_bits(sums[series]));
                    encoder.sample(labels, Value::Float(sum));
                });
            }
            Family::UpDown(family) => {
                let sums = snapshot.run(family.slots.run());
                self.each_series(|series, labels| {
                    let sum = sums.map_or(0, |sums| sums[series]);
                    encoder.sample(labels, Value::Integer(updown::present(sum)));
                });
            }
            Family::Gauge(family) => self.each_series(|series, labels| {
                let value = if is_blank {
                    Some(0.0)
                } else {
                    family.value(series)
                };
                if let Some(value) = value {
                    encoder.sample(labels, Value::Float(value));
                }
            }),
            Family::Histogram(family) => {
                let sums = snapshot.run(family.slots.run());
                let slots = family.slots_per_series();
                let mut counts = vec![0; slots - 1];
                self.each_series(|series, labels| {
                    let slots = sums.map(|sums| &sums[series * slots..(series + 1) * slots]);
                    let [floats @ .., sum] = slots.unwrap_or(&[0]) else {
                        return;
                    };
                    for (count, float) in counts.iter_mut().zip(floats) {
                        *count = histogram::whole(f64::from_bits(*float));
                    }
                    if is_blank || family.zero || counts.iter().any(|count| *count > 0) {
                        let value = Value::Histogram {
                            le: &self.le,
                            counts: &counts,
                            sum: Sum::Float(f64::from_bits(*sum)),
                        };
                        encoder.sample(labels, value);
                    }
                });
            }
            Family::Summary(family) => {
                let sums = snapshot.run(family.slots.run());
                self.each_series(|series, labels| {
                    let first = series * summary::SLOTS;
                    let slot = |slot| sums.map_or(0.0, |sums| f64::from_bits(sums[first + slot]));
                    let count = histogram::whole(slot(summary::COUNT));
                    if is_blank || family.zero || count > 0 {
                        let value = Value::Summary {
                            quantiles: &[],
                            sum: Sum::Float(slot(summary::SUM)),
                            count,
                        };
                        encoder.sample(labels, value);
                    }
                });
            }
            Family::Info(family) => {
                if let Some(values) = family.values(is_blank) {
                    let values = values.map(|(name, value)| (name, Some(value)));
                    if let Some(labels) = self.render(values) {
                        encoder.sample(&[&labels], Value::Integer(1));
                    }
                }
            }
        }
    }

    /// Calls `show` with the index and the labels of every series whose labels have texts.
    fn each_series(&self, mut show: impl FnMut(usize, &[&str])) {
        let description = self.family.description();
        for (series, labels) in self.labels.iter().enumerate() {
            if labels.get().is_none()
                && let Some(text) = self.render(description.values(series))
            {
                labels.get_or_init(|| text.into());
            }
            if let Some(labels) = labels.get() {
                show(series, &[labels]);
            }
        }
    }

    /// `None` if a value has no text yet.
    fn render(
        &self,
        values: impl Iterator<Item = (&'static str, Option<&'static str>)>,
    ) -> Option<String> {
        let mut text = String::new();
        for (name, value) in values {
            push(&mut text, name, value?);
        }
        for (name, value) in &self.constant {
            push(&mut text, name, value);
        }
        Some(text)
    }
}

fn push(text: &mut String, name: &str, value: &str) {
    if !text.is_empty() {
        text.push(',');
    }
    label::push_pair(text, name, value);
}

/// Names that are taken, and by whom.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    fn add(
        &mut self,
        descriptor: &Descriptor,
        place: impl Fn() -> String,
    ) -> Result<(), InitError> {
        for name in descriptor.names() {
            if let Some(first) = self.0.insert(name, place()) {
                return Err(InitError::NameClash {
                    name: descriptor.name.clone(),
                    places: [first, place()],
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clash(families: &[(&str, Kind)]) -> Option<String> {
        let mut names = Names::default();
        families.iter().find_map(|(name, kind)| {
            let descriptor = Descriptor {
                name: (*name).to_owned(),
                kind: *kind,
                help: "".into(),
                unit: None,
            };
            let added = names.add(&descriptor, || format!("the {kind:?}"));
            added.err().map(|error| error.to_string())
        })
    }

    #[test]
    fn families_clash_if_a_sample_of_both_has_one_name() {
        for (first, second) in [
            (
                ("orders_total", Kind::Counter),
                ("orders_total", Kind::Counter),
            ),
            (("wait", Kind::Histogram), ("wait_count", Kind::Gauge)),
            (("wait", Kind::Histogram), ("wait_bucket", Kind::Gauge)),
            (("size_sum", Kind::Gauge), ("size", Kind::Summary)),
            (("orders", Kind::Gauge), ("orders_total", Kind::Counter)),
            (("build", Kind::Gauge), ("build_info", Kind::Info)),
        ] {
            let found = clash(&[("other", Kind::Gauge), first, second]);
            let expected = format!(
                "`{}` is the name of two metrics, the {:?} and the {:?}; rename one",
                second.0, first.1, second.1
            );
            assert_eq!(found, Some(expected));
        }
        assert_eq!(
            clash(&[
                ("orders_total", Kind::Counter),
                ("orders_seconds", Kind::Histogram),
                ("orders_bucket_total", Kind::Counter),
                ("size", Kind::Summary),
                ("size_bucket", Kind::Gauge),
            ]),
            None
        );
    }
}
