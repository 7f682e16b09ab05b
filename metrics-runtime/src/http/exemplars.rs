//! Exemplars of HTTP requests: the trace of the slowest request of the last minute, for each latency bucket and for each
//! status from 500 to 599.
//!
//! [`Endpoint::exemplify`] is called where a request is closed. Each thread keeps its own [`ExemplarTable`] for a handler and
//! method, made with the first exemplar; a scrape shows the slowest of all threads and changes nothing.

use std::{
    ops::RangeInclusive,
    time::{SystemTime, UNIX_EPOCH},
};

use once_cell::sync::Lazy;

use super::{Http, endpoint::Endpoint, series::MethodSeries};
use crate::{
    engine::{
        Buckets, List, clock,
        clock::Tick,
        exemplar::{Exemplar, ExemplarSlot, greatest_of_latest},
    },
    metric::{self, Sum},
    trace_id::TraceId,
};

/// A minute in ticks of the clock: a faster request replaces an exemplar that is older.
static MAX_AGE: Lazy<u64> = Lazy::new(|| clock::most_ticks(60_000_000_000));

/// Statuses whose counts have exemplars.
const FAILURES: RangeInclusive<u16> = 500..=599;

/// One thread's exemplars for a handler and method. Values are ticks.
pub(super) struct ExemplarTable {
    buckets: Box<[ExemplarSlot]>,
    statuses: List<(u16, ExemplarSlot)>,
}

impl ExemplarTable {
    fn new(buckets: usize) -> Self {
        Self {
            buckets: (0..buckets).map(|_| ExemplarSlot::new()).collect(),
            statuses: List::new(),
        }
    }

    fn of_status(&self, status: u16) -> Option<&ExemplarSlot> {
        let mut statuses = self.statuses.iter();
        let (_, slot) = statuses.find(|(known, _)| *known == status)?;
        Some(slot)
    }
}

impl Endpoint {
    /// Keeps the trace of a request where its latency bucket, or its status, is due for one. `trace` is called only then.
    pub(super) fn exemplify(
        &self,
        ticks: u64,
        status: u16,
        end: Tick,
        trace: impl FnOnce() -> Option<TraceId>,
    ) {
        let bucket = self.method_series.measure.buckets.index_of_ticks(ticks);
        let is_due = |slot: &ExemplarSlot| slot.is_due(ticks, end.count(), *MAX_AGE);
        let table = self.exemplars.get();
        let due = Due {
            bucket: table
                .is_none_or(|table| is_due(&table.buckets[bucket]))
                .then_some(bucket),
            status: (FAILURES.contains(&status)
                && table.is_none_or(|table| table.of_status(status).is_none_or(is_due)))
            .then_some(status),
        };
        if due.bucket.is_none() && due.status.is_none() {
            return;
        }
        // Tracers give an id of zeros where there is no trace.
        if let Some(trace) = trace().filter(|trace| trace.0 != 0) {
            let exemplar = Exemplar {
                trace: trace.0,
                value: ticks,
                at: end.count(),
                timestamp: milliseconds_since_1970(),
            };
            self.keep(exemplar, due);
        }
    }

    #[cold]
    fn keep(&self, exemplar: Exemplar, due: Due) {
        let series = self.method_series;
        let new = || ExemplarTable::new(series.measure.buckets.len());
        let table = self.exemplars.get_or_init(|| series.exemplars.push(new()));
        if let Some(bucket) = due.bucket {
            table.buckets[bucket].write(exemplar);
        }
        if let Some(status) = due.status {
            let slot = table
                .of_status(status)
                .unwrap_or_else(|| &table.statuses.push((status, ExemplarSlot::new())).1);
            slot.write(exemplar);
        }
    }
}

/// What a request is to be the exemplar of.
#[derive(Clone, Copy)]
struct Due {
    bucket: Option<usize>,
    status: Option<u16>,
}

pub(super) fn milliseconds_since_1970() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| {
        now.as_secs() * 1_000 + u64::from(now.subsec_millis())
    })
}

impl Http {
    /// An exemplar or none for each of the buckets; nothing where none are kept.
    ///
    /// A request belongs to the bucket that its duration falls into as it is printed, whatever bucket it was kept for.
    pub(super) fn bucket_exemplars(
        &self,
        series: &[&'static MethodSeries],
        buckets: &Buckets,
    ) -> Vec<Option<metric::Exemplar>> {
        if self.config.exemplars.is_none() {
            return Vec::new();
        }
        let now = clock::now().count();
        let mut shown = vec![None; buckets.len()];
        let tables = series.iter().flat_map(|series| series.exemplars.iter());
        for exemplar in tables
            .flat_map(|table| &table.buckets)
            .filter_map(ExemplarSlot::read)
        {
            let seconds = Sum::Nanos(clock::nanos(exemplar.value)).to_float();
            let shown = &mut shown[buckets.index_of(seconds)];
            *shown = greatest_of_latest(shown.iter().copied().chain([exemplar]), now, *MAX_AGE);
        }
        let duration = |exemplar: Exemplar| Sum::Nanos(clock::nanos(exemplar.value));
        let shown = shown.into_iter();
        shown
            .map(|exemplar| exemplar.map(|exemplar| with_value(exemplar, duration(exemplar))))
            .collect()
    }

    /// An exemplar of requests that were counted under one of these statuses. Its value is what a request adds to the
    /// count.
    pub(super) fn status_exemplar(
        &self,
        series: &[&'static MethodSeries],
        statuses: RangeInclusive<u16>,
    ) -> Option<metric::Exemplar> {
        if self.config.exemplars.is_none() || statuses.end() < FAILURES.start() {
            return None;
        }
        let now = clock::now().count();
        let tables = series.iter().flat_map(|series| series.exemplars.iter());
        let kept = tables
            .flat_map(|table| table.statuses.iter())
            .filter(|(status, _)| statuses.contains(status))
            .filter_map(|(_, slot)| slot.read());
        let exemplar = greatest_of_latest(kept, now, *MAX_AGE)?;
        Some(with_value(exemplar, Sum::Integer(1)))
    }
}

fn with_value(exemplar: Exemplar, value: Sum) -> metric::Exemplar {
    metric::Exemplar {
        trace: TraceId(exemplar.trace),
        value,
        timestamp: exemplar.timestamp,
    }
}
