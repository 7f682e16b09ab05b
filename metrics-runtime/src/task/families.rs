//! The families of tasks: what each is, and how it is read from a snapshot.

use super::{
    objectives,
    record::OUTCOMES,
    series::{self, TaskSeries, slot},
    site::TASKS,
};
use crate::{
    config::Config,
    engine::{Snapshot, clock},
    label,
    metric::{Collect, Descriptor, Encoder, Kind, ObjectiveFamilies, Sum, Value},
};

/// The families of tasks under one configuration.
pub(crate) struct Tasks {
    runs: Descriptor,
    duration: Descriptor,
    in_progress: Descriptor,
    errors: Descriptor,
    last_success: Descriptor,
    interval: Descriptor,
    objectives: Option<ObjectiveFamilies>,
    custom_labels: Vec<(String, String)>,
}

impl Tasks {
    /// `None` if the program has no task.
    pub(crate) fn new(config: &Config) -> Option<Self> {
        let family = |name: &str, kind, unit, help: &'static str| Descriptor {
            name: format!("{}{name}", config.prefix),
            kind,
            help: help.into(),
            unit,
        };
        (!TASKS.is_empty()).then(|| Self {
            runs: family(
                "task_runs_total",
                Kind::Counter,
                None,
                "Runs of tasks that have ended, by how.",
            ),
            duration: family(
                "task_duration_seconds",
                Kind::Histogram,
                Some("seconds"),
                "Time from the first poll or the call of a task to its end, whatever the outcome.",
            ),
            in_progress: family(
                "task_inprogress",
                Kind::Gauge,
                None,
                "Runs of tasks that have begun and not yet ended.",
            ),
            errors: family(
                "task_errors_total",
                Kind::Counter,
                None,
                "Runs of tasks that have ended in an error, by its type.",
            ),
            last_success: family(
                "task_last_success_timestamp_seconds",
                Kind::Gauge,
                Some("seconds"),
                "When a run of the task last ended as ok, in seconds since 1970.",
            ),
            interval: family(
                "task_interval_seconds",
                Kind::Gauge,
                Some("seconds"),
                "Planned time from one run of the task to the next.",
            ),
            objectives: objectives::families(),
            custom_labels: config.custom_labels.clone(),
        })
    }

    /// Allocates the slots of every task, so that a snapshot taken now shows them at zero.
    #[expect(
        clippy::unused_self,
        reason = "there is nothing to allocate without families"
    )]
    pub(crate) fn preregister(&self) {
        for series in series::all() {
            series.slots.run();
            for error in series.errors.iter() {
                error.slots.run();
            }
        }
    }

    /// The names of the families and of their samples.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = &Descriptor> {
        [
            &self.runs,
            &self.duration,
            &self.in_progress,
            &self.errors,
            &self.last_success,
            &self.interval,
        ]
        .into_iter()
        .chain(self.objectives.iter().flat_map(ObjectiveFamilies::all))
    }

    /// `,team="a",service="orders"`: the constant labels of a task, and those of the configuration that it has not itself.
    fn suffix(&self, series: &TaskSeries) -> String {
        let custom = self
            .custom_labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| series.labels.iter().all(|(own, _)| own != name));
        let mut suffix = String::new();
        for (name, value) in series.labels.iter().copied().chain(custom) {
            suffix.push(',');
            label::push_pair(&mut suffix, name, value);
        }
        suffix
    }
}

/// A task at the moment of a snapshot.
struct Row<'a> {
    series: &'static TaskSeries,
    suffix: String,
    slots: &'a [u64],
}

impl Row<'_> {
    fn labels<'a>(&'a self, own: &'a str) -> [&'a str; 3] {
        [&self.series.prefix, own, &self.suffix]
    }
}

impl Collect for Tasks {
    fn collect<E: Encoder>(&self, snapshot: &Snapshot, encoder: &mut E) {
        let is_blank = snapshot.is_blank();
        let rows: Vec<Row<'_>> = series::all()
            .iter()
            .filter_map(|series| {
                Some(Row {
                    series,
                    suffix: self.suffix(series),
                    slots: snapshot.run(series.slots.run())?,
                })
            })
            .collect();

        encoder.family(&self.runs);
        for row in &rows {
            for (outcome, label) in OUTCOMES {
                let runs = row.slots[slot::OUTCOMES + outcome as usize];
                encoder.sample(&row.labels(label), Value::Integer(runs));
            }
        }
        encoder.family(&self.duration);
        for row in &rows {
            let value = Value::Histogram {
                le: &row.series.buckets.le,
                counts: &row.slots[slot::BUCKETS..],
                sum: Sum::Nanos(clock::nanos(row.slots[slot::DURATION])),
            };
            encoder.sample(&row.labels(""), value);
        }
        encoder.family(&self.in_progress);
        for row in &rows {
            // A run may begin in one shard and end in another, which is read later.
            let in_progress = row.slots[slot::IN_PROGRESS].cast_signed().max(0);
            encoder.sample(&row.labels(""), Value::Signed(in_progress));
        }
        encoder.family(&self.errors);
        for row in &rows {
            for error in row.series.sorted_errors() {
                if is_blank && !error.is_declared {
                    continue;
                }
                if let Some(count) = snapshot.run(error.slots.run()) {
                    encoder.sample(&row.labels(&error.label), Value::Integer(count[0]));
                }
            }
        }
        encoder.family(&self.last_success);
        for row in &rows {
            let at = if is_blank {
                Some(0.0)
            } else {
                row.series.last_success.timestamp()
            };
            if let Some(at) = at {
                encoder.sample(&row.labels(""), Value::Float(at));
            }
        }
        encoder.family(&self.interval);
        for row in &rows {
            if let Some(seconds) = row.series.every {
                encoder.sample(&row.labels(""), Value::Float(seconds));
            }
        }
        if let Some(families) = &self.objectives {
            let objectives = rows.iter().flat_map(|row| {
                let sums = row.series.objectives.sums(row.series, row.slots);
                sums.map(|sums| ([&*row.series.prefix, ""], sums, &*row.suffix))
            });
            families.collect(objectives, encoder);
        }
    }
}
