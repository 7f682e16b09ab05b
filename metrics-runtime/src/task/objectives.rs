//! Objectives of tasks: what they count is read from the slots that runs write anyway.

use super::{
    series::{TaskSeries, slot},
    site::{TASKS, TaskSite},
};
use crate::{
    metric::{Objective, ObjectiveFamilies, ObjectiveSums, business::Outcome},
    slo::{self, TimeSlo},
};

/// The families, if a task of the program has an objective.
pub(super) fn families() -> Option<ObjectiveFamilies> {
    let declared = TASKS.iter().any(|site| !site.slo.is_none());
    declared.then(|| {
        ObjectiveFamilies::new(
            "task",
            "Runs that an objective counts; cancelled ones do not count for availability.",
            "Runs that missed an objective: ended as error or panic, or slower than the threshold.",
        )
    })
}

/// The objectives of the functions that share a series: of each kind the strictest, which applies to all of their runs.
pub(super) struct TaskObjectives {
    availability: Option<f64>,
    duration: Option<TimeSlo>,
}

impl TaskObjectives {
    pub(super) fn of(sites: &[&'static TaskSite]) -> Self {
        // Of two thresholds for one percentage, the lower one is stricter.
        let by_strictness = |a: &TimeSlo, b: &TimeSlo| {
            let by_percent = a.percent.total_cmp(&b.percent);
            by_percent.then(b.threshold.total_cmp(&a.threshold))
        };
        let slos = || sites.iter().map(|site| site.slo);
        Self {
            availability: slos()
                .filter_map(|slo| slo.availability)
                .max_by(f64::total_cmp),
            duration: slos().filter_map(|slo| slo.time).max_by(by_strictness),
        }
    }

    /// What the objectives have counted, from the slots of their series.
    pub(super) fn sums(
        &self,
        series: &TaskSeries,
        slots: &[u64],
    ) -> impl Iterator<Item = ObjectiveSums> + Clone {
        let availability = self
            .availability
            .map(|percent| sum_availability(percent, slots));
        let duration = self
            .duration
            .and_then(|time| sum_duration(time, series, slots));
        availability.into_iter().chain(duration)
    }
}

fn sum_availability(percent: f64, slots: &[u64]) -> ObjectiveSums {
    let sum = |outcomes: &[Outcome]| {
        let counts = outcomes.iter().map(|o| slots[slot::OUTCOMES + *o as usize]);
        counts.sum()
    };
    ObjectiveSums {
        objective: Objective::Availability,
        ratio: slo::ratio(percent),
        threshold: None,
        // A run that was cancelled is neither a success nor a failure of the task.
        events: sum(&[Outcome::Ok, Outcome::Error, Outcome::Panic]),
        errors: sum(&[Outcome::Error, Outcome::Panic]),
    }
}

fn sum_duration(time: TimeSlo, series: &TaskSeries, slots: &[u64]) -> Option<ObjectiveSums> {
    let counts = &slots[slot::BUCKETS..];
    let mut bounds = series.buckets.bounds.iter();
    let bucket = bounds.position(|bound| *bound == time.threshold)?;
    Some(ObjectiveSums {
        objective: Objective::Duration,
        ratio: slo::ratio(time.percent),
        threshold: Some(time.threshold),
        events: counts.iter().sum(),
        errors: counts[bucket + 1..].iter().sum(),
    })
}
