//! Counters that one thread at a time writes and any thread reads.
//!
//! # Memory ordering
//! A counter has one writer at a time, so an increment is a relaxed load and a relaxed store: no locked instruction, no
//! lost update. A reader may see one counter of a request before another; what it needs is that no value ever goes back,
//! and coherence grants that for each counter alone. A counter whose key comes up as it goes is written before its key,
//! which is released: who sees the key sees the counter too. A [`Pulse`] is released after all of a request is written, so
//! that who sees it beat sees all of that. Which thread is the writer is handed over under a lock (see
//! `ledger`), so that the next writer sees the last one's stores.
//!
//! This file is compiled once more in `tests/interleavings`, where the atomics are those of a model checker.

use once_cell::race::OnceBox;

use super::atomic::{
    AtomicU16, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// For the counter's one writer.
#[inline]
pub(crate) fn add(counter: &AtomicU64, by: u64) {
    counter.store(counter.load(Relaxed).wrapping_add(by), Relaxed);
}

/// What is another whenever something began, left or was counted: one look tells a scrape whether anything did.
///
/// Who has read a pulse reads every counter as of then or later, and need not read any again before the pulse is another,
/// or while a request is in progress: another reader may have seen what is half counted. For the few instructions in which
/// an error is counted, or a stream that left before, another reader can still be ahead, until the writer goes on.
///
/// A pulse says the same again only after 2^40 requests that no scrape came between, and holds some millions in progress.
pub(crate) struct Pulse(AtomicU64);

impl Pulse {
    /// Below are the requests in progress, above is what was counted.
    const IN_PROGRESS: u64 = 1;
    const COUNTED: u64 = 1 << 24;

    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    #[inline]
    fn beat(&self, by: u64) {
        let now = self.0.load(Relaxed).wrapping_add(by);
        self.0.store(now, Release);
    }

    /// A request begins.
    #[inline]
    pub(crate) fn begin(&self) {
        self.beat(Self::IN_PROGRESS);
    }

    /// A request is no longer in progress, whether it is counted later or not at all.
    #[inline]
    pub(crate) fn leave(&self) {
        self.beat(Self::IN_PROGRESS.wrapping_neg());
    }

    /// A request that was in progress until now was counted.
    #[inline]
    pub(crate) fn end(&self) {
        self.beat(Self::COUNTED - Self::IN_PROGRESS);
    }

    /// Something else was counted.
    #[inline]
    pub(crate) fn count(&self) {
        self.beat(Self::COUNTED);
    }

    #[inline]
    pub(crate) fn read(&self) -> u64 {
        self.0.load(Acquire)
    }

    /// What a pulse that was read says. Less than none where requests that another thread began ended here.
    pub(crate) fn inprogress(read: u64) -> i64 {
        let above = Self::COUNTED.leading_zeros() + 1;
        read.cast_signed() << above >> above
    }
}

/// Counters by status, which are few and come up as they go: a list in blocks that only grows.
#[repr(C)]
pub(crate) struct Statuses {
    /// 0 where there is none yet.
    codes: [AtomicU16; 4],
    counts: [AtomicU64; 4],
    next: OnceBox<Statuses>,
}

impl Statuses {
    pub(crate) fn new() -> Self {
        Self {
            codes: std::array::from_fn(|_| AtomicU16::new(0)),
            counts: std::array::from_fn(|_| AtomicU64::new(0)),
            next: OnceBox::new(),
        }
    }

    /// The status that came first is looked for first, and in place.
    #[inline]
    pub(crate) fn count(&self, status: u16) {
        if self.codes[0].load(Relaxed) == status {
            add(&self.counts[0], 1);
        } else {
            self.count_another(status);
        }
    }

    #[inline(never)]
    fn count_another(&self, status: u16) {
        let mut block = self;
        loop {
            for (code, count) in block.codes.iter().zip(&block.counts) {
                match code.load(Relaxed) {
                    known if known == status => return add(count, 1),
                    0 => {
                        add(count, 1);
                        code.store(status, Release);
                        return;
                    }
                    _ => {}
                }
            }
            block = block.next.get_or_init(|| Box::new(Self::new()));
        }
    }

    pub(crate) fn for_each(&self, mut visit: impl FnMut(u16, u64)) {
        let mut block = Some(self);
        while let Some(current) = block {
            for (code, count) in current.codes.iter().zip(&current.counts) {
                match code.load(Acquire) {
                    0 => return,
                    code => visit(code, count.load(Relaxed)),
                }
            }
            block = current.next.get();
        }
    }
}
