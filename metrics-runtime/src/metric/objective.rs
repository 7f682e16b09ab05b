//! The three families of objectives. Requests and runs of tasks have the same ones, under another name each.

use super::{Descriptor, Encoder, Kind, Value};

/// What an objective is about: the value of the `objective` label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Objective {
    /// Good events do not fail.
    Availability,
    /// Good requests do not take longer than the threshold.
    Latency,
    /// Good runs of a task do not take longer than the threshold.
    Duration,
}

impl Objective {
    fn label(self) -> &'static str {
        match self {
            Self::Availability => ",objective=\"availability\"",
            Self::Latency => ",objective=\"latency\"",
            Self::Duration => ",objective=\"duration\"",
        }
    }
}

/// What one objective of a handler's method, or of a task, has counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ObjectiveSums {
    pub(crate) objective: Objective,
    /// The share of events that must be good.
    pub(crate) ratio: f64,
    /// The seconds that a good event may take.
    pub(crate) threshold: Option<f64>,
    pub(crate) events: u64,
    /// Of the events, those that were not good.
    pub(crate) errors: u64,
}

/// The families, whose names are the same in every service: the configured prefix does not apply.
pub(crate) struct ObjectiveFamilies {
    ratio: Descriptor,
    events: Descriptor,
    errors: Descriptor,
}

impl ObjectiveFamilies {
    /// Those of `http` or `task`. `events` and `errors` are help texts.
    pub(crate) fn new(subject: &str, events: &'static str, errors: &'static str) -> Self {
        let family = |name, kind, unit, help: &'static str| Descriptor {
            name: format!("{subject}_slo_{name}"),
            kind,
            help: help.into(),
            unit,
        };
        Self {
            ratio: family(
                "objective_ratio",
                Kind::Gauge,
                Some("ratio"),
                "Share of events that must be good.",
            ),
            events: family("events_total", Kind::Counter, None, events),
            errors: family("errors_total", Kind::Counter, None, errors),
        }
    }

    pub(crate) fn all(&self) -> [&Descriptor; 3] {
        [&self.ratio, &self.events, &self.errors]
    }

    /// Gives the families to the encoder. Every item is an objective's sums, the labels before the `objective` label (in
    /// two parts, of which the second may be empty), and those after it.
    pub(crate) fn collect<'a, E: Encoder>(
        &self,
        objectives: impl Iterator<Item = ([&'a str; 2], ObjectiveSums, &'a str)> + Clone,
        encoder: &mut E,
    ) {
        encoder.family(&self.ratio);
        for ([first, second], sums, suffix) in objectives.clone() {
            let labels = [first, second, sums.objective.label(), suffix];
            encoder.threshold(sums.threshold);
            encoder.sample(&labels, Value::Float(sums.ratio));
        }
        encoder.family(&self.events);
        for ([first, second], sums, suffix) in objectives.clone() {
            let labels = [first, second, sums.objective.label(), suffix];
            encoder.sample(&labels, Value::Integer(sums.events));
        }
        encoder.family(&self.errors);
        for ([first, second], sums, suffix) in objectives {
            let labels = [first, second, sums.objective.label(), suffix];
            encoder.sample(&labels, Value::Integer(sums.errors));
        }
    }
}
