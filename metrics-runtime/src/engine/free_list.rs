//! Shards without a thread.
//!
//! Its lock orders the last store of a shard's owner before the first load of the next. `tests/interleavings` compiles this
//! file with the mutex of a model checker.

use super::sync::Mutex;

/// Things that one owner at a time has; those that nobody has at the moment.
pub(crate) struct FreeList<T>(Mutex<Vec<T>>);

impl<T> FreeList<T> {
    /// Takes one, if there is one.
    pub(crate) fn take(&self) -> Option<T> {
        match self.0.lock() {
            Ok(mut free) => free.pop(),
            Err(poisoned) => poisoned.into_inner().pop(),
        }
    }

    /// Gives one back.
    pub(crate) fn give(&self, item: T) {
        match self.0.lock() {
            Ok(mut free) => free.push(item),
            Err(poisoned) => poisoned.into_inner().push(item),
        }
    }
}

impl<T> Default for FreeList<T> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}
