//! What a snapshot holds of every handler, added up for the families to show.

use std::{borrow::Cow, ops::Range};

use smallvec::SmallVec;

use super::{
    objectives::MethodObjectives,
    series::{FIRST_STATUSES, MethodSeries, Row, StatusSlot, slot},
};
use crate::{
    engine::{Buckets, Snapshot},
    method::Method,
};

/// The numbers of one moment. Lists are flat, so that each family walks through memory one way.
pub(super) struct Sums<'a> {
    pub(super) handlers: Vec<HandlerSums<'a>>,
    pub(super) methods: Vec<MethodSums<'a>>,
    /// Sorted by code within each method.
    pub(super) statuses: Vec<(u16, u64)>,
}

pub(super) struct HandlerSums<'a> {
    pub(super) row: &'a Row,
    pub(super) methods: Range<usize>,
    pub(super) requests: u64,
    pub(super) received: u64,
    pub(super) sent: u64,
}

pub(super) struct MethodSums<'a> {
    pub(super) method: Method,
    pub(super) statuses: Range<usize>,
    pub(super) requests: u64,
    pub(super) series: &'a [&'static MethodSeries],
    pub(super) buckets: Cow<'a, Buckets>,
    pub(super) counts: Cow<'a, [u64]>,
    pub(super) ticks: u64,
    pub(super) in_progress: i64,
    pub(super) received: u64,
    pub(super) sent: u64,
    pub(super) objectives: MethodObjectives,
}

impl<'a> Sums<'a> {
    pub(super) fn new(rows: &'a [Row], snapshot: &'a Snapshot) -> Self {
        let mut sums = Self {
            handlers: Vec::with_capacity(rows.len()),
            methods: Vec::with_capacity(rows.len()),
            statuses: Vec::with_capacity(rows.len() * 2),
        };
        for row in rows {
            if !row.series.excluded {
                sums.add_row(row, snapshot);
            }
        }
        sums
    }

    /// A series may have nothing to show: a record was begun under it and cancelled.
    fn add_row(&mut self, row: &'a Row, snapshot: &'a Snapshot) {
        let first = self.methods.len();
        for same in row.methods.chunk_by(|a, b| a.method == b.method) {
            self.add_method(same, snapshot);
        }
        let methods = &self.methods[first..];
        if methods.is_empty() && !row.series.is_preregistered() {
            return;
        }
        self.handlers.push(HandlerSums {
            row,
            requests: methods.iter().map(|method| method.requests).sum(),
            received: methods.iter().map(|method| method.received).sum(),
            sent: methods.iter().map(|method| method.sent).sum(),
            methods: first..self.methods.len(),
        });
    }

    fn add_method(&mut self, series: &'a [&'static MethodSeries], snapshot: &'a Snapshot) {
        let first = self.statuses.len();
        let mut shown: SmallVec<[(&MethodSeries, &[u64]); 1]> = SmallVec::new();
        let mut sums = MethodSums {
            method: series[0].method,
            statuses: 0..0,
            requests: 0,
            series,
            buckets: Cow::Borrowed(series[0].measure.buckets),
            counts: Cow::Borrowed(&[]),
            ticks: 0,
            in_progress: 0,
            received: 0,
            sent: 0,
            objectives: MethodObjectives::default(),
        };
        for series in series {
            let Some(slots) = snapshot.run(series.run) else {
                continue;
            };
            let in_progress = slots[slot::IN_PROGRESS].cast_signed();
            let was_counted = self.add_statuses(first, series, slots, snapshot);
            if !was_counted && in_progress == 0 && !series.is_preregistered() {
                continue;
            }
            sums.in_progress += in_progress;
            sums.ticks = sums.ticks.wrapping_add(slots[slot::DURATION]);
            sums.received += slots[slot::RECEIVED];
            sums.sent += slots[slot::SENT];
            shown.push((series, &slots[slot::BUCKETS..]));
        }
        match shown[..] {
            [] => return,
            [(series, counts)] => {
                sums.buckets = Cow::Borrowed(series.measure.buckets);
                sums.counts = Cow::Borrowed(counts);
            }
            _ => {
                let (buckets, counts) = in_common_buckets(&shown);
                sums.buckets = Cow::Owned(buckets);
                sums.counts = Cow::Owned(counts);
            }
        }
        for status in FIRST_STATUSES {
            self.add_status(first, status, 0);
        }
        sums.objectives = MethodObjectives::new(&shown, &self.statuses[first..]);
        self.statuses[first..].sort_unstable_by_key(|(code, _)| *code);
        sums.statuses = first..self.statuses.len();
        sums.requests = self.statuses[first..].iter().map(|(_, count)| count).sum();
        sums.in_progress = sums.in_progress.max(0);
        self.methods.push(sums);
    }

    /// Returns whether any status was ever counted.
    fn add_statuses(
        &mut self,
        first: usize,
        series: &MethodSeries,
        slots: &[u64],
        snapshot: &Snapshot,
    ) -> bool {
        let mut was_counted = false;
        for (code, place) in series.codes() {
            let count = match place {
                StatusSlot::InRun(index) => slots[slot::STATUS + index],
                StatusSlot::Own(run) => snapshot.run(run).map_or(0, |slots| slots[0]),
            };
            if count > 0 {
                was_counted = true;
                self.add_status(first, code, count);
            }
        }
        was_counted
    }

    fn add_status(&mut self, first: usize, code: u16, count: u64) {
        let known = &mut self.statuses[first..];
        match known.iter_mut().find(|(known, _)| *known == code) {
            Some((_, sum)) => *sum += count,
            None => self.statuses.push((code, count)),
        }
    }
}

/// Handlers that share a label but not their buckets are shown in the buckets they share.
#[cold]
fn in_common_buckets(shown: &[(&MethodSeries, &[u64])]) -> (Buckets, Vec<u64>) {
    let (first, others) = shown.split_first().expect("there are several");
    let mut bounds = first.0.measure.buckets.bounds.to_vec();
    bounds.retain(|bound| {
        let has = |(other, _): &(&MethodSeries, _)| other.measure.buckets.bounds.contains(bound);
        others.iter().all(has)
    });
    let common = Buckets::new(&bounds);
    let mut counts = vec![0; common.len()];
    for (series, own) in shown {
        let upper = series.measure.buckets.bounds.iter().chain([&f64::INFINITY]);
        for (bound, count) in upper.zip(*own) {
            counts[common.index_of(*bound)] += count;
        }
    }
    (common, counts)
}

impl<'a> Sums<'a> {
    pub(super) fn per_method(&self) -> impl Iterator<Item = (&'a Row, &MethodSums<'a>)> + Clone {
        self.handlers.iter().flat_map(|handler| {
            let methods = &self.methods[handler.methods.clone()];
            methods.iter().map(|method| (handler.row, method))
        })
    }
}
