//! An encoder that describes families instead of printing them: no count goes into it, so that it is the same in every
//! run of the same code.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    label,
    metric::{Descriptor, Encoder, Kind, Value},
};

/// Every family, with the label values that its series have.
pub(crate) struct Catalogue {
    /// What the configuration puts before the names of families.
    pub(super) prefix: String,
    /// The names of the families of HTTP requests, with the prefix.
    http: BTreeSet<String>,
    pub(super) families: Vec<Family>,
    pub(super) objectives: Vec<Objective>,
    /// Of the objective whose sample comes next.
    next_threshold: Option<f64>,
}

pub(super) struct Family {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) unit: Option<&'static str>,
    pub(super) help: String,
    pub(super) labels: BTreeMap<String, Vec<String>>,
    /// Lines of an exposition.
    pub(super) series: usize,
    pub(super) subject: Subject,
}

/// What a family is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Http,
    Task,
    Business,
}

pub(super) struct Objective {
    /// `http` or `task`: how the names of the families begin.
    pub(super) subject: String,
    /// Those of the series, but for `objective`.
    pub(super) labels: Vec<(String, String)>,
    pub(super) objective: String,
    pub(super) ratio: f64,
    pub(super) threshold: Option<f64>,
}

impl Catalogue {
    /// An empty one. `http` are the names of the families of HTTP requests.
    pub(crate) fn new(prefix: &str, http: impl Iterator<Item = String>) -> Self {
        Self {
            prefix: prefix.to_owned(),
            http: http.collect(),
            families: Vec::new(),
            objectives: Vec::new(),
            next_threshold: None,
        }
    }

    /// In an order that does not depend on the program's.
    pub(crate) fn sort(&mut self) {
        for family in &mut self.families {
            for (name, values) in &mut family.labels {
                sort_values(name, values);
            }
        }
        self.families.sort_by(|a, b| a.name.cmp(&b.name));
        self.objectives.sort_by(|a, b| {
            (&a.subject, &a.labels, &a.objective).cmp(&(&b.subject, &b.labels, &b.objective))
        });
    }

    /// How many series an instance shows.
    pub(super) fn series(&self) -> usize {
        self.families.iter().map(|family| family.series).sum()
    }

    fn subject(&self, name: &str) -> Subject {
        let bare = name.strip_prefix(&self.prefix).unwrap_or(name);
        if self.http.contains(name) {
            Subject::Http
        } else if bare.starts_with("task_") || name.starts_with("task_") {
            Subject::Task
        } else {
            Subject::Business
        }
    }
}

fn sort_values(label: &str, values: &mut Vec<String>) {
    if label == "le" {
        let bound = |text: &str| text.parse().unwrap_or(f64::NAN);
        values.sort_by(|a, b| bound(a).total_cmp(&bound(b)));
    } else {
        values.sort();
    }
    values.dedup();
}

impl Encoder for Catalogue {
    fn family(&mut self, descriptor: &Descriptor) {
        self.families.push(Family {
            name: descriptor.name.clone(),
            kind: descriptor.kind,
            unit: descriptor.unit,
            help: descriptor.help.to_string(),
            labels: BTreeMap::new(),
            series: 0,
            subject: self.subject(&descriptor.name),
        });
    }

    fn threshold(&mut self, seconds: Option<f64>) {
        self.next_threshold = seconds;
    }

    fn sample_at(&mut self, labels: &[&str], value: Value<'_>, _timestamp: Option<i64>) {
        let threshold = self.next_threshold.take();
        let Some(family) = self.families.last_mut() else {
            return;
        };
        let mut add = |name: &str, value: &str| {
            let values = family.labels.entry(name.to_owned()).or_default();
            // The values of an info are the program's, which sets them.
            if !value.is_empty() && !values.iter().any(|known| known == value) {
                values.push(value.to_owned());
            }
        };
        let mut labels = label::parse_pairs(&labels.concat());
        for (name, value) in &labels {
            add(name, value);
        }
        family.series += match value {
            Value::Integer(_) | Value::Signed(_) | Value::Float(_) => 1,
            Value::Histogram { le, .. } => {
                for bound in le {
                    add("le", bound);
                }
                le.len() + 2
            }
            Value::Summary { quantiles, .. } => quantiles.len() + 2,
        };
        if let (Some(subject), Value::Float(ratio)) =
            (family.name.strip_suffix("_slo_objective_ratio"), value)
        {
            let at = labels.iter().position(|(name, _)| name == "objective");
            self.objectives.push(Objective {
                subject: subject.to_owned(),
                objective: at.map_or_else(String::new, |at| labels.remove(at).1),
                labels,
                ratio,
                threshold,
            });
        }
    }
}
