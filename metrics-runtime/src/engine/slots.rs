//! Slots of a family that is a static: allocated at first use, found again by a number.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
};

use super::{
    cell,
    layout::{Run, SlotKind, allocate},
    shard,
};

/// No cells are kept under it: a family that has not been used.
const UNUSED: usize = 0;
/// No cells are kept under it: a family that records nothing any more.
const DISABLED: usize = usize::MAX;

/// As many slots in every shard.
///
/// Any thread may count; each in its own shard. What a thread counts after it gave its shard back (in the destructors of
/// its thread-locals) goes to a shard that is borrowed for the moment.
pub(crate) struct Slots {
    kind: SlotKind,
    len: usize,
    number: AtomicUsize,
    run: OnceLock<Run>,
}

/// Slots in the shard of the current thread.
pub(crate) struct Cells<'a>(&'a [AtomicU64]);

impl Cells<'_> {
    /// Adds to a slot of [`SlotKind::Integer`].
    #[inline]
    pub(crate) fn add(&self, index: usize, by: u64) {
        cell::add(&self.0[index], by);
    }

    /// Adds to a slot of [`SlotKind::Float`].
    #[inline]
    pub(crate) fn add_float(&self, index: usize, by: f64) {
        cell::add_float(&self.0[index], by);
    }
}

impl Slots {
    pub(crate) const fn new(kind: SlotKind, len: usize) -> Self {
        Self {
            kind,
            len,
            number: AtomicUsize::new(UNUSED),
            run: OnceLock::new(),
        }
    }

    /// Adds to one slot of [`SlotKind::Integer`].
    #[inline]
    pub(crate) fn add(&self, index: usize, by: u64) {
        debug_assert!(index < self.len, "{index} of {}", self.len);
        match shard::kept(self.number.load(Relaxed)).get(index) {
            Some(slot) => cell::add(slot, by),
            None => self.update_slow(|cells| cells.add(index, by)),
        }
    }

    /// Writes to several slots.
    #[inline]
    pub(crate) fn update(&self, write: impl FnOnce(Cells<'_>)) {
        let cells = shard::kept(self.number.load(Relaxed));
        if cells.is_empty() {
            self.update_slow(write);
        } else {
            write(Cells(cells));
        }
    }

    #[cold]
    #[inline(never)]
    fn update_slow(&self, write: impl FnOnce(Cells<'_>)) {
        if self.number.load(Relaxed) == DISABLED {
            return;
        }
        let run = self.run();
        match shard::own() {
            Some(shard) => {
                let cells = shard.cells(run);
                shard::keep(self.number(), cells);
                write(Cells(cells));
            }
            None => shard::borrow(|shard| write(Cells(shard.cells(run)))),
        }
    }

    fn number(&self) -> usize {
        static NEXT: AtomicUsize = AtomicUsize::new(UNUSED + 1);
        match self.number.load(Relaxed) {
            UNUSED => {
                let fresh = NEXT.fetch_add(1, Relaxed);
                match self
                    .number
                    .compare_exchange(UNUSED, fresh, Relaxed, Relaxed)
                {
                    Ok(_) => fresh,
                    Err(known) => known,
                }
            }
            known => known,
        }
    }

    /// Where the slots are, allocated if need be.
    pub(crate) fn run(&self) -> Run {
        *self.run.get_or_init(|| allocate(self.kind, self.len))
    }

    /// The sum of one slot over all shards, now.
    pub(crate) fn total(&self, index: usize) -> u64 {
        self.fold(index, 0, u64::wrapping_add)
    }

    /// The sum of one slot of [`SlotKind::Float`] over all shards, now.
    pub(crate) fn total_float(&self, index: usize) -> f64 {
        self.fold(index, 0.0, |sum, bits| sum + f64::from_bits(bits))
    }

    fn fold<T>(&self, index: usize, start: T, add: impl Fn(T, u64) -> T) -> T {
        match self.run.get() {
            Some(run) if self.number.load(Relaxed) != DISABLED => shard::all()
                .into_iter()
                .filter_map(|shard| shard.chunks().get(run.chunk).copied().flatten())
                .fold(start, |sum, chunk| {
                    add(sum, cell::read(&chunk[run.start + index]))
                }),
            _ => start,
        }
    }

    /// From now on nothing is recorded, and the totals are zero.
    pub(crate) fn disable(&self) {
        self.number.store(DISABLED, Relaxed);
    }
}
