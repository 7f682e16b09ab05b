//! The series of every task: made together at first use, never freed.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use once_cell::sync::Lazy;

use super::{
    objectives::TaskObjectives,
    site::{KnownError, TASKS, TaskSite},
};
use crate::{
    engine::{
        Buckets, List, SlotKind, Slots,
        clock::{self, Tick},
        lock,
    },
    error_type, label,
};

/// Upper bounds in seconds, from a query to a nightly job.
const DEFAULT_BUCKETS: [f64; 12] = [
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0,
];

/// The slots of a [`TaskSeries`]. In-progress comes first, so that a snapshot reads it before what a run writes at its
/// end.
pub(super) mod slot {
    use super::super::record;

    pub(crate) const IN_PROGRESS: usize = 0;
    /// Ticks.
    pub(crate) const DURATION: usize = 1;
    pub(crate) const OUTCOMES: usize = 2;
    /// The first bucket; the others follow.
    pub(crate) const BUCKETS: usize = OUTCOMES + record::OUTCOMES.len();
}

/// One value of the `task` label under one set of constant labels.
pub(crate) struct TaskSeries {
    /// `task="shop::nightly"`.
    pub(super) prefix: String,
    pub(super) labels: &'static [(&'static str, &'static str)],
    pub(super) buckets: Buckets,
    pub(super) slots: Slots,
    /// Seconds from one run to the next, as planned.
    pub(super) every: Option<f64>,
    pub(super) objectives: TaskObjectives,
    pub(super) last_success: LastSuccess,
    pub(super) errors: List<ErrorSeries>,
    /// Error types by the compiler's names for them.
    by_type_name: List<(&'static str, &'static ErrorSeries)>,
}

/// One error type of a task.
pub(crate) struct ErrorSeries {
    name: String,
    /// `,error_type="StoreError"`.
    pub(super) label: String,
    /// Whether the code names it; a run has brought up the others.
    pub(super) is_declared: bool,
    pub(super) slots: Slots,
}

/// Where the runs of one annotated function are counted.
pub(crate) struct Bound {
    pub(super) series: &'static TaskSeries,
    /// The error of the signature, where that names it.
    pub(super) error: Option<&'static ErrorSeries>,
    pub(super) error_if: Option<&'static ErrorSeries>,
}

/// Every series, in the order in which they are shown.
pub(super) fn all() -> &'static [TaskSeries] {
    static ALL: Lazy<Vec<TaskSeries>> = Lazy::new(|| {
        let mut sites: BTreeMap<_, Vec<&'static TaskSite>> = BTreeMap::new();
        for site in TASKS {
            sites
                .entry((site.name, site.labels))
                .or_default()
                .push(site);
        }
        sites
            .into_values()
            .map(|sites| TaskSeries::new(&sites))
            .collect()
    });
    &ALL
}

impl TaskSeries {
    /// The series of functions that share it: with the buckets of all, the shortest interval and the strictest
    /// objectives.
    fn new(sites: &[&'static TaskSite]) -> Self {
        let mut bounds = Vec::new();
        for site in sites {
            bounds.extend_from_slice(site.buckets.unwrap_or(&DEFAULT_BUCKETS));
            bounds.extend(site.slo.time.map(|time| time.threshold));
        }
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        let mut prefix = String::new();
        label::push_pair(&mut prefix, "task", sites[0].name);
        let buckets = Buckets::new(&bounds);
        let series = Self {
            prefix,
            labels: sites[0].labels,
            slots: Slots::new(SlotKind::Integer, slot::BUCKETS + buckets.len()),
            buckets,
            every: sites
                .iter()
                .filter_map(|site| site.every)
                .min_by(f64::total_cmp),
            objectives: TaskObjectives::of(sites),
            last_success: LastSuccess::default(),
            errors: List::new(),
            by_type_name: List::new(),
        };
        for site in sites {
            for name in site
                .known_error()
                .into_iter()
                .chain(site.error_if.map(str::to_owned))
            {
                series.error(&name, true);
            }
        }
        series
    }

    pub(super) fn sorted_errors(&self) -> Vec<&ErrorSeries> {
        let mut errors: Vec<_> = self.errors.iter().collect();
        errors.sort_by_key(|error| &error.label);
        errors
    }

    fn known(&self, name: &str) -> Option<&ErrorSeries> {
        self.errors.iter().find(|error| error.name == name)
    }

    /// An error's series, made if need be.
    fn error(&self, name: &str, is_declared: bool) -> &ErrorSeries {
        // Two threads must not give one error two series.
        static GIVING: Mutex<()> = Mutex::new(());
        let _giving = lock(&GIVING);
        self.known(name).unwrap_or_else(|| {
            let mut label = String::from(",");
            label::push_pair(&mut label, "error_type", name);
            self.errors.push(ErrorSeries {
                name: name.to_owned(),
                label,
                is_declared,
                slots: Slots::new(SlotKind::Integer, 1),
            })
        })
    }

    /// The series of an error that the signature does not name.
    pub(super) fn error_by_type_name(
        &'static self,
        type_name: &'static str,
    ) -> &'static ErrorSeries {
        let mut known = self.by_type_name.iter();
        match known.find(|(known, _)| *known == type_name) {
            Some((_, error)) => error,
            None => {
                let error = self.error(&error_type::without_paths(type_name), false);
                self.by_type_name.push((type_name, error));
                error
            }
        }
    }
}

impl TaskSite {
    /// Where this function's runs are counted.
    #[inline]
    pub(super) fn bound(&'static self) -> &'static Bound {
        self.bound.get_or_init(|| self.bind())
    }

    #[cold]
    fn bind(&self) -> Bound {
        let mut prefix = String::new();
        label::push_pair(&mut prefix, "task", self.name);
        let series = all()
            .iter()
            .find(|series| series.prefix == prefix && series.labels == self.labels)
            .expect("every site has a series");
        Bound {
            series,
            error: self.known_error().and_then(|name| series.known(&name)),
            error_if: self.error_if.and_then(|name| series.known(name)),
        }
    }

    fn known_error(&self) -> Option<String> {
        match self.error? {
            KnownError::Label(label) => Some(label.to_owned()),
            KnownError::Returned(name) => error_type::label(name()),
        }
    }
}

/// When a task last succeeded.
///
/// The end of a run is a tick, which is read anyway; the first scrape that sees a tick turns it into the time of day.
#[derive(Default)]
pub(super) struct LastSuccess {
    /// 0 before the first.
    tick: AtomicU64,
    /// The tick that was shown last, and its time.
    shown: Mutex<(u64, f64)>,
}

impl LastSuccess {
    /// Every thread that runs the task writes this, so ticks less than a millisecond apart count as one.
    #[inline]
    pub(super) fn set(&self, now: Tick) {
        const SAME: u32 = 20;
        if (self.tick.load(Relaxed) ^ now.0) >> SAME != 0 {
            self.tick.store(now.0, Relaxed);
        }
    }

    /// Seconds since the epoch, to the millisecond; `None` before the first success.
    pub(super) fn timestamp(&self) -> Option<f64> {
        let tick = self.tick.load(Relaxed);
        if tick == 0 {
            return None;
        }
        let mut shown = lock(&self.shown);
        if shown.0 != tick {
            let ago = clock::nanos(clock::ticks(Tick(tick), clock::now()));
            let at = SystemTime::now().checked_sub(Duration::from_nanos(ago))?;
            let at = at.duration_since(UNIX_EPOCH).ok()?.as_secs_f64();
            *shown = (tick, (at * 1e3).round() / 1e3);
        }
        Some(shown.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_success_keeps_the_time_it_was_shown_with() {
        let last = LastSuccess::default();
        assert_eq!(last.timestamp(), None);
        last.set(clock::now());
        let shown = last.timestamp().expect("there was one");
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970");
        assert!((now.as_secs_f64() - shown).abs() < 1.0, "{shown}");
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(last.timestamp(), Some(shown));
        last.set(clock::now());
        assert!(last.timestamp() > Some(shown));
    }
}
