//! The memory a request is recorded in: cells that one thread writes and any thread reads.
//!
//! # Memory ordering
//! A cell has one writer at a time, so an increment is a relaxed load and a relaxed store: no locked instruction, no
//! lost update. A reader may see one cell of a request before another; what it needs is that no value ever goes back,
//! and coherence grants that for each cell alone. Totals that must agree are not stored twice: a histogram's `_count`
//! is the sum of its buckets, and the `_count` of both sizes is the number of requests. Which thread is the writer is
//! handed over under a lock (see `ledger`), so that the next writer sees the last one's stores.

use std::{
    hint::black_box,
    sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
};

use once_cell::{race::OnceBox, sync::OnceCell};
use smallvec::SmallVec;

use super::{bounds::Bounds, series::Series};
use crate::method::Method;

#[inline]
fn add(cell: &AtomicU64, by: u64) {
    cell.store(cell.load(Relaxed).wrapping_add(by), Relaxed);
}

/// A histogram's buckets, not cumulative, and the sum of what fell into them, in ticks of the clock.
pub(crate) struct Distribution {
    pub(crate) bounds: &'static Bounds,
    /// In place for most handlers: a request and a scrape then look in one place.
    counts: SmallVec<[AtomicU64; 8]>,
    sum: AtomicU64,
}

impl Distribution {
    pub(crate) fn new(bounds: &'static Bounds) -> Self {
        Self {
            bounds,
            counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0),
        }
    }

    #[inline]
    pub(crate) fn observe(&self, ticks: u64) {
        add(&self.counts[self.bounds.index_of(ticks)], 1);
        add(&self.sum, ticks);
    }

    pub(crate) fn counts(&self) -> impl Iterator<Item = u64> {
        self.counts.iter().map(|count| count.load(Relaxed))
    }

    pub(crate) fn is_written(&self) -> bool {
        self.counts().any(|count| count > 0)
    }

    pub(crate) fn sum(&self) -> u64 {
        self.sum.load(Relaxed)
    }
}

/// Counters under keys that are few and come up as they go: a list in blocks that only grows.
pub(crate) struct Tally<K> {
    slots: [(OnceCell<K>, AtomicU64); 4],
    next: OnceBox<Tally<K>>,
}

impl<K> Tally<K> {
    pub(crate) fn new() -> Self {
        Self {
            slots: std::array::from_fn(|_| (OnceCell::new(), AtomicU64::new(0))),
            next: OnceBox::new(),
        }
    }

    /// Counts one under the key that `is_it` recognises, or under a new one.
    #[inline]
    pub(crate) fn count(&self, is_it: impl Fn(&K) -> bool, new: impl FnOnce() -> K) {
        let mut block = self;
        loop {
            for (key, count) in &block.slots {
                match key.get() {
                    Some(key) if is_it(key) => return add(count, 1),
                    Some(_) => {}
                    None => {
                        add(count, 1);
                        // One writer: the slot that was empty a moment ago still is.
                        let _ = key.set(new());
                        return;
                    }
                }
            }
            block = block.next.get_or_init(|| Box::new(Self::new()));
        }
    }

    pub(crate) fn for_each(&'static self, mut visit: impl FnMut(&'static K, u64)) {
        let mut block = Some(self);
        while let Some(current) = block {
            for (key, count) in &current.slots {
                let Some(key) = key.get() else { return };
                visit(key, count.load(Relaxed));
            }
            block = current.next.get();
        }
    }
}

/// An error type: as the compiler names it, and as the label does.
pub(crate) struct ErrorType {
    pub(crate) full: &'static str,
    pub(crate) label: String,
}

/// One thread's cells for one handler and method.
///
/// Aligned so that no two threads' cells share a cache line, nor the pair of lines some processors fetch together.
///
/// What every request touches comes first.
#[repr(C, align(128))]
pub(crate) struct Cells {
    pub(crate) series: &'static Series,
    pub(crate) overall: Option<&'static Distribution>,
    inprogress: AtomicI64,
    request_bytes: AtomicU64,
    response_bytes: AtomicU64,
    pub(crate) method: Method,
    /// Whether durations end at the response's head, and whether hooks want to know: the configuration's words, kept
    /// where every request looks anyway.
    pub(crate) ends_at_head: bool,
    pub(crate) has_hooks: bool,
    /// Whether nothing is to be written here.
    pub(crate) excluded: bool,
    pub(crate) durations: Distribution,
    pub(crate) statuses: Tally<u16>,
    /// Made with the first error.
    errors: OnceBox<Tally<ErrorType>>,
}

impl Cells {
    pub(crate) fn new(
        series: &'static Series,
        method: Method,
        bounds: &'static Bounds,
        overall: Option<&'static Distribution>,
    ) -> Self {
        let config = &series.recorder.config;
        Self {
            series,
            method,
            ends_at_head: config.exclude_streaming_duration,
            has_hooks: !config.hooks.is_empty(),
            excluded: series.excluded,
            inprogress: AtomicI64::new(0),
            statuses: Tally::new(),
            durations: Distribution::new(bounds),
            overall,
            request_bytes: AtomicU64::new(0),
            response_bytes: AtomicU64::new(0),
            errors: OnceBox::new(),
        }
    }

    /// Moves the gauge. Threads' gauges are summed, so one may be negative where a request moved between two.
    #[inline]
    pub(crate) fn move_inprogress(&self, by: i64) {
        let now = self.inprogress.load(Relaxed).wrapping_add(by);
        self.inprogress.store(now, Relaxed);
    }

    /// Reads from each cache line, see `Table::for_each`.
    pub(crate) fn fetch(&self) {
        black_box((
            self.inprogress(),
            self.durations.counts().next(),
            self.durations.sum(),
            self.errors.get().is_some(),
        ));
    }

    pub(crate) fn inprogress(&self) -> i64 {
        self.inprogress.load(Relaxed)
    }

    pub(crate) fn request_bytes(&self) -> u64 {
        self.request_bytes.load(Relaxed)
    }

    pub(crate) fn response_bytes(&self) -> u64 {
        self.response_bytes.load(Relaxed)
    }

    #[inline]
    pub(crate) fn add_bytes(&self, received: u64, sent: u64) {
        add(&self.request_bytes, received);
        add(&self.response_bytes, sent);
    }

    #[inline]
    pub(crate) fn count_status(&self, status: u16) {
        self.statuses.count(|known| *known == status, || status);
    }

    /// Counts an error under the type called `full` by the compiler, whose label is `label()`.
    pub(crate) fn count_error(&self, full: &'static str, label: impl FnOnce() -> String) {
        let errors = self.errors.get_or_init(|| Box::new(Tally::new()));
        errors.count(
            |known| known.full == full,
            || ErrorType {
                full,
                label: label(),
            },
        );
    }

    pub(crate) fn for_each_error(&'static self, mut visit: impl FnMut(&'static str, u64)) {
        if let Some(errors) = self.errors.get() {
            errors.for_each(|error, count| visit(&error.label, count));
        }
    }
}

/// Two pairs of cache lines: a scrape of many handlers waits for memory more than for anything.
const _: () = assert!(size_of::<Cells>() <= 256);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_keeps_every_key() {
        let tally = Box::leak(Box::new(Tally::new()));
        for round in 1..=3_u64 {
            for status in 100..130_u16 {
                tally.count(|known| *known == status, || status);
            }
            let mut seen = Vec::new();
            tally.for_each(|key, count| seen.push((*key, count)));
            assert_eq!(seen, (100..130).map(|key| (key, round)).collect::<Vec<_>>());
        }
    }
}
