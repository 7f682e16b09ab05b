//! A slot in one shard: one thread at a time writes it, any thread reads it.
//!
//! # Memory ordering
//! A cell has one writer, so an increment is a relaxed load and a relaxed store: no locked instruction, no lost update. A
//! reader needs that no value goes back, and coherence grants that for each cell alone. Where one cell must not be seen
//! ahead of others, its writer uses [`release`] and the reader reads it first: whoever reads the released value sees
//! everything that was written before it. The next writer of a cell sees the stores of the last one because shards change
//! hands under the lock of the [`FreeList`](super::free_list::FreeList).
//!
//! `tests/interleavings` compiles this file with the atomics of a model checker.

use super::sync::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// Adds to a cell of this thread's shard.
#[inline]
pub(crate) fn add(cell: &AtomicU64, by: u64) {
    cell.store(cell.load(Relaxed).wrapping_add(by), Relaxed);
}

/// Adds to a cell of this thread's shard that holds the bits of an `f64`.
#[inline]
pub(crate) fn add_float(cell: &AtomicU64, by: f64) {
    let sum = f64::from_bits(cell.load(Relaxed)) + by;
    cell.store(sum.to_bits(), Relaxed);
}

/// Adds to a cell of this thread's shard, after everything this thread wrote before.
#[inline]
pub(crate) fn release(cell: &AtomicU64, by: u64) {
    cell.store(cell.load(Relaxed).wrapping_add(by), Release);
}

/// Reads a cell of any shard, before everything this thread reads after.
#[inline]
pub(crate) fn read(cell: &AtomicU64) -> u64 {
    cell.load(Acquire)
}
