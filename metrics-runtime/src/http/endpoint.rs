//! One thread's cells for a handler and method: the memory a request is recorded in.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU16, AtomicU64, Ordering::Relaxed},
    },
};

use super::{
    Defer, Http, PANIC,
    exemplars::ExemplarTable,
    series::{MethodSeries, STATUSES, Series, StatusSlot, slot},
};
use crate::{
    engine::{Buckets, List, Shard, cell, lock},
    error_type,
    method::Method,
};

/// Totals that must agree are not stored twice: a histogram's `_count` is the sum of its buckets, and the `_count` of both
/// sizes is the number of requests.
///
/// What every request reads comes first, in one cache line.
#[repr(C, align(64))]
pub(crate) struct Endpoint {
    pub(super) http: &'static Http,
    pub(super) series: &'static Series,
    head: &'static [AtomicU64; slot::HEAD],
    /// What the configuration says, kept where every request looks anyway.
    pub(super) excluded: bool,
    pub(super) ends_at_head: bool,
    pub(super) has_hooks: bool,
    has_overall: bool,
    pub(super) method: Method,
    /// Of those in the run, as far as this thread has met them; 0 for the others.
    codes: [AtomicU16; STATUSES],
    /// The lowest bound: most requests are fast, and then compare no further.
    lowest: u64,
    /// The buckets after the first.
    more_buckets: &'static [AtomicU64],
    pub(super) method_series: &'static MethodSeries,
    overall: Option<(&'static [AtomicU64], &'static Buckets)>,
    /// Cells of further statuses, as far as this thread has met them.
    further_codes: List<(u16, &'static AtomicU64)>,
    /// Cells of error types, by the compiler's name.
    errors: List<(&'static str, Option<&'static AtomicU64>)>,
    pub(super) exemplars: OnceLock<&'static ExemplarTable>,
    shard: &'static Shard,
    pub(super) defer: Defer,
}

/// Four cache lines, of which most requests read one.
const _: () = assert!(size_of::<Endpoint>() <= 256);

/// All that were made, by shard and method series: a thread that reuses a shard goes on with them.
static ENDPOINTS: Mutex<BTreeMap<(usize, usize), &'static Endpoint>> = Mutex::new(BTreeMap::new());

impl Endpoint {
    /// The shard's endpoint for a method of a series, made if need be.
    pub(super) fn of(
        http: &'static Http,
        shard: &'static Shard,
        series: &'static Series,
        method_series: &'static MethodSeries,
        defer: Defer,
    ) -> &'static Self {
        let mut known = lock(&ENDPOINTS);
        known
            .entry((shard.number, method_series.number))
            .or_insert_with(|| {
                Box::leak(Box::new(Self::new(
                    http,
                    shard,
                    series,
                    method_series,
                    defer,
                )))
            })
    }

    fn new(
        http: &'static Http,
        shard: &'static Shard,
        series: &'static Series,
        method_series: &'static MethodSeries,
        defer: Defer,
    ) -> Self {
        let cells = shard.cells(method_series.run);
        let (head, more_buckets) = cells
            .split_first_chunk()
            .expect("a method's run begins with its head");
        Self {
            head,
            excluded: series.excluded,
            ends_at_head: http.config.exclude_streaming_duration,
            has_hooks: !http.config.hooks.is_empty() || http.config.exemplars.is_some(),
            has_overall: http.high_resolution.is_some(),
            method: method_series.method,
            codes: Default::default(),
            lowest: method_series.measure.buckets.lowest_ticks(),
            series,
            http,
            more_buckets,
            method_series,
            overall: http
                .high_resolution
                .map(|overall| (shard.cells(overall.run), overall.buckets)),
            further_codes: List::new(),
            errors: List::new(),
            exemplars: OnceLock::new(),
            shard,
            defer,
        }
    }

    /// A request begins.
    #[inline]
    pub(super) fn enter(&self) {
        cell::add(&self.head[slot::IN_PROGRESS], 1);
    }

    /// A request is no longer in progress. Everything written before is seen by a scrape that sees this.
    #[inline]
    pub(super) fn leave(&self) {
        cell::release(&self.head[slot::IN_PROGRESS], 1_u64.wrapping_neg());
    }

    /// Whether requests of this thread are in progress.
    pub(super) fn is_in_progress(&self) -> bool {
        self.head[slot::IN_PROGRESS].load(Relaxed) != 0
    }

    /// Records the duration, sizes and status of a request.
    #[inline]
    pub(super) fn record(&self, ticks: u64, received: u64, sent: u64, status: u16) {
        if ticks <= self.lowest {
            cell::add(&self.head[slot::BUCKETS], 1);
        } else {
            self.count_above_lowest(ticks);
        }
        cell::add(&self.head[slot::DURATION], ticks);
        if self.has_overall {
            self.record_overall(ticks);
        }
        cell::add(&self.head[slot::RECEIVED], received);
        cell::add(&self.head[slot::SENT], sent);
        if self.codes[0].load(Relaxed) == status {
            cell::add(&self.head[slot::STATUS], 1);
        } else {
            self.count_status(status);
        }
    }

    #[inline(never)]
    fn record_overall(&self, ticks: u64) {
        if let Some((cells, buckets)) = self.overall {
            cell::add(&cells[0], ticks);
            cell::add(&cells[1 + buckets.index_of_ticks(ticks)], 1);
        }
    }

    #[inline(never)]
    fn count_above_lowest(&self, ticks: u64) {
        let index = self.method_series.measure.buckets.index_of_ticks(ticks);
        let bucket = match index.checked_sub(1) {
            Some(index) => &self.more_buckets[index],
            None => &self.head[slot::BUCKETS],
        };
        cell::add(bucket, 1);
    }

    #[inline(never)]
    fn count_status(&self, status: u16) {
        let known = self
            .codes
            .iter()
            .position(|code| code.load(Relaxed) == status);
        if let Some(index) = known {
            return cell::add(&self.head[slot::STATUS + index], 1);
        }
        let mut further = self.further_codes.iter();
        if let Some((_, cell)) = further.find(|(code, _)| *code == status) {
            return cell::add(cell, 1);
        }
        match self.method_series.status_slot(status) {
            StatusSlot::InRun(index) => {
                self.codes[index].store(status, Relaxed);
                cell::add(&self.head[slot::STATUS + index], 1);
            }
            StatusSlot::Own(run) => {
                let cell = &self.shard.cells(run)[0];
                self.further_codes.push((status, cell));
                cell::add(cell, 1);
            }
        }
    }

    /// Counts an error of the type that the compiler calls `returned`; nothing if that is no `Result`.
    pub(super) fn count_error(&self, returned: &'static str) {
        let known = self.errors.iter().find(|(known, _)| *known == returned);
        let (_, cell) = known.unwrap_or_else(|| {
            let label = error_type::label(returned);
            self.errors
                .push((returned, label.map(|label| self.error_cell(&label))))
        });
        if let Some(cell) = cell {
            cell::add(cell, 1);
        }
    }

    #[cold]
    pub(super) fn count_panic(&self) {
        cell::add(self.error_cell(PANIC), 1);
    }

    fn error_cell(&self, label: &str) -> &'static AtomicU64 {
        let run = self.http.table.error(self.series, label);
        &self.shard.cells(run)[0]
    }
}
