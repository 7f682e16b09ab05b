//! Where everything is counted: slots in the shards of threads.
//!
//! A series owns a [`Run`] of 64-bit slots. A thread owns a [`Shard`]: memory for every run, made when the thread first
//! touches it, reused by a later thread when this one ends. An increment is a load and a store in the thread's own shard,
//! and a [`Snapshot`] is the sum over all shards. HTTP requests ([`crate::http`]), tasks and business metrics count here;
//! nothing in this module knows of them.

mod buckets;
pub(crate) mod cell;
pub(crate) mod clock;
pub(crate) mod exemplar;
mod free_list;
mod layout;
mod list;
pub(crate) mod shard;
mod slots;
mod snapshot;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use self::{
    buckets::Buckets,
    layout::{Run, SlotKind, allocate},
    list::List,
    shard::Shard,
    slots::Slots,
    snapshot::Snapshot,
};

/// What the model checker in `tests/interleavings` replaces.
mod sync {
    pub(super) use std::sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    };
}

/// Locks; a panic leaves none of the engine's collections half-changed, so a poisoned lock is as good as any.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
