//! Counters that one thread at a time writes and any thread reads.
//!
//! # Memory ordering
//! A counter has one writer at a time, so an increment is a relaxed load and a relaxed store: no locked instruction, no
//! lost update. A reader may see one counter of a request before another; what it needs is that no value ever goes back,
//! and coherence grants that for each counter alone. A counter whose key comes up as it goes is written before its key,
//! which is released: who sees the key sees the counter too. Which thread is the writer is handed over under a lock (see
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
