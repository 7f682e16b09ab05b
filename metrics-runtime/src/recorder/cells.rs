//! The memory a request is recorded in: cells that one thread writes and any thread reads.
//!
//! `single_writer` says how; here is what they are cells of. Totals that must agree are not stored twice: a histogram's
//! `_count` is the sum of its buckets, and the `_count` of both sizes is the number of requests.

use std::{
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use once_cell::race::OnceBox;

use super::{
    bounds::Bounds,
    series::Series,
    single_writer::{Pulse, Statuses, add},
};
use crate::method::Method;

/// A histogram's buckets, not cumulative, and the sum of what fell into them, in ticks of the clock.
///
/// The sum starts anew after 2^64 ticks: at 3 GHz, after 195 years spent in the requests of one thread to one handler.
#[repr(C)]
pub(crate) struct Distribution {
    /// The lowest bound: most requests are fast, and then look no further.
    lowest: u64,
    sum: AtomicU64,
    /// In place for most handlers: a request and a scrape then look in one place.
    counts: [AtomicU64; 8],
    more: Box<[AtomicU64]>,
    pub(crate) bounds: &'static Bounds,
}

impl Distribution {
    pub(crate) fn new(bounds: &'static Bounds) -> Self {
        let more = (bounds.len() + 1).saturating_sub(8);
        Self {
            lowest: bounds.lowest(),
            sum: AtomicU64::new(0),
            counts: std::array::from_fn(|_| AtomicU64::new(0)),
            more: (0..more).map(|_| AtomicU64::new(0)).collect(),
            bounds,
        }
    }

    #[inline]
    pub(crate) fn observe(&self, ticks: u64) {
        if ticks <= self.lowest {
            add(&self.counts[0], 1);
        } else {
            self.count_above(ticks);
        }
        add(&self.sum, ticks);
    }

    #[inline(never)]
    fn count_above(&self, ticks: u64) {
        let index = self.bounds.index_of(ticks);
        let count = match self.counts.get(index) {
            Some(count) => count,
            None => &self.more[index - self.counts.len()],
        };
        add(count, 1);
    }

    pub(crate) fn counts(&self) -> impl Iterator<Item = u64> {
        let all = self.counts.iter().chain(&self.more);
        all.take(self.bounds.len() + 1)
            .map(|count| count.load(Relaxed))
    }

    pub(crate) fn is_written(&self) -> bool {
        self.counts().any(|count| count > 0)
    }

    pub(crate) fn sum(&self) -> u64 {
        self.sum.load(Relaxed)
    }
}

/// A counter of one error type, and the next one's.
struct ErrorCount {
    /// As the compiler names it.
    full: &'static str,
    label: String,
    count: AtomicU64,
    next: OnceBox<ErrorCount>,
}

/// One thread's cells for one handler and method.
///
/// Aligned so that no two threads' cells share a cache line, nor the pair of lines some processors fetch together. What
/// every request to a literal label touches comes first, in two lines.
#[repr(C, align(128))]
pub(crate) struct Cells {
    pub(crate) method: Method,
    /// Whether durations end at the response's head, and whether hooks want to know: the configuration's words, kept
    /// where every request looks anyway.
    pub(crate) ends_at_head: bool,
    pub(crate) has_hooks: bool,
    /// Whether nothing is to be written here.
    excluded: bool,
    /// Written last of all that a request or an error writes.
    pub(crate) pulse: Pulse,
    request_bytes: AtomicU64,
    response_bytes: AtomicU64,
    pub(crate) statuses: Statuses,
    pub(crate) overall: Option<&'static Distribution>,
    pub(crate) durations: Distribution,
    pub(crate) series: &'static Series,
    errors: OnceBox<ErrorCount>,
}

/// Two pairs of cache lines: a scrape of many handlers waits for memory more than for anything.
const _: () = assert!(size_of::<Cells>() <= 256);

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
            pulse: Pulse::new(),
            statuses: Statuses::new(),
            durations: Distribution::new(bounds),
            overall,
            request_bytes: AtomicU64::new(0),
            response_bytes: AtomicU64::new(0),
            errors: OnceBox::new(),
        }
    }

    /// A request begins; `false` when it is not to be recorded.
    #[inline]
    pub(crate) fn enter(&self) -> bool {
        if !self.excluded {
            self.pulse.begin();
        }
        !self.excluded
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

    /// Counts an error under the type called `full` by the compiler, whose label is `label()`.
    ///
    /// Nothing is counted if it has none.
    pub(crate) fn count_error(&self, full: &'static str, label: impl FnOnce() -> Option<String>) {
        let mut place = &self.errors;
        while let Some(known) = place.get() {
            if known.full == full {
                add(&known.count, 1);
                return self.pulse.count();
            }
            place = &known.next;
        }
        let Some(label) = label() else { return };
        // One writer: the place that was empty a moment ago still is.
        let _ = place.set(Box::new(ErrorCount {
            full,
            label,
            count: AtomicU64::new(1),
            next: OnceBox::new(),
        }));
        self.pulse.count();
    }

    pub(crate) fn for_each_error(&'static self, mut visit: impl FnMut(&'static str, u64)) {
        let mut place = &self.errors;
        while let Some(known) = place.get() {
            visit(&known.label, known.count.load(Relaxed));
            place = &known.next;
        }
    }

    /// Reads from each cache line.
    pub(crate) fn fetch(&self) {
        black_box((
            self.pulse.read(),
            self.durations.counts().next(),
            self.errors.get().is_some(),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_may_have_many_buckets() {
        for bounds in [0, 1, 7, 8, 20] {
            let seconds: Vec<f64> = (1..=bounds).map(f64::from).collect();
            let bounds = Box::leak(Box::new(Bounds::new(0, &seconds)));
            let distribution = Distribution::new(bounds);
            for index in 0..=seconds.len() {
                let nanos = 500_000_000 + 1_000_000_000 * index as u64;
                distribution.observe(super::super::clock::most_ticks(nanos));
            }
            assert!(distribution.counts().eq(vec![1; seconds.len() + 1]));
        }
    }
}
