//! One exemplar in one shard: one thread at a time writes it, any thread reads it whole.
//!
//! A slot keeps the exemplar written last and room for the next one. A write fills the room, whose words are no part of the
//! exemplar that readers see, and then publishes it by raising the number of writes.
//!
//! # Memory ordering
//! A reader takes the number of writes, reads the copy that belongs to it, and takes the number again. That copy is
//! overwritten by the second write after it, which begins once the first has raised the number. Words are stored with
//! `Release` and read with `Acquire`: whoever reads a word of a later write sees at least the number that was published
//! before it, and reads again. A write that is interrupted halfway delays no reader.
//!
//! `tests/interleavings` compiles this file with the atomics of a model checker.

use super::sync::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// A trace, and the event that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exemplar {
    pub(crate) trace: u128,
    /// What was measured, in the unit of whoever owns the slot.
    pub(crate) value: u64,
    /// When the event ended, in ticks of the clock.
    pub(crate) at: u64,
    /// The same in milliseconds since 1970.
    pub(crate) timestamp: u64,
}

/// The words of an exemplar: two of the trace, its value, and both times.
const WORDS: usize = 5;
const VALUE: usize = 2;
const AT: usize = 3;
const TIMESTAMP: usize = 4;

pub(crate) struct ExemplarSlot {
    /// How many exemplars were written. The last is in the copy of that number's parity.
    writes: AtomicU64,
    copies: [[AtomicU64; WORDS]; 2],
}

impl ExemplarSlot {
    pub(crate) fn new() -> Self {
        let copy = || std::array::from_fn(|_| AtomicU64::new(0));
        Self {
            writes: AtomicU64::new(0),
            copies: [copy(), copy()],
        }
    }

    fn copy(&self, write: u64) -> &[AtomicU64; WORDS] {
        &self.copies[usize::from(write % 2 == 1)]
    }

    /// Whether an event of this value, at this time, is to replace what the slot holds: nothing, an older one than
    /// `max_age` ticks, or a lesser one. Only the slot's owner may ask.
    #[inline]
    pub(crate) fn is_due(&self, value: u64, at: u64, max_age: u64) -> bool {
        let writes = self.writes.load(Relaxed);
        let held = self.copy(writes);
        writes == 0
            || held[VALUE].load(Relaxed) < value
            || at.saturating_sub(held[AT].load(Relaxed)) > max_age
    }

    /// Replaces what the slot holds. Only the slot's owner may write.
    ///
    /// The timestamp is raised to be later than the last one, should the system's clock have gone back: Prometheus refuses
    /// an exemplar that is older than the last of its series.
    pub(crate) fn write(&self, exemplar: Exemplar) {
        let writes = self.writes.load(Relaxed);
        let timestamp = match writes {
            0 => exemplar.timestamp,
            _ => exemplar
                .timestamp
                .max(self.copy(writes)[TIMESTAMP].load(Relaxed) + 1),
        };
        let [high, low] = halves(exemplar.trace);
        let words = [high, low, exemplar.value, exemplar.at, timestamp];
        for (place, word) in self.copy(writes + 1).iter().zip(words) {
            place.store(word, Release);
        }
        self.writes.store(writes + 1, Release);
    }

    /// What the slot holds, as it was written.
    pub(crate) fn read(&self) -> Option<Exemplar> {
        let mut writes = self.writes.load(Acquire);
        while writes > 0 {
            let words = self.copy(writes).each_ref().map(|word| word.load(Acquire));
            let now = self.writes.load(Acquire);
            if now == writes {
                let [high, low, value, at, timestamp] = words;
                return Some(Exemplar {
                    trace: (u128::from(high) << 64) | u128::from(low),
                    value,
                    at,
                    timestamp,
                });
            }
            writes = now;
        }
        None
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "what is cut off is the other half"
)]
fn halves(trace: u128) -> [u64; 2] {
    [(trace >> 64) as u64, trace as u64]
}

/// Of exemplars that several threads hold for the same events, the one to show: the greatest of those that are not older
/// than `max_age` ticks, or else the latest.
pub(crate) fn greatest_of_latest(
    exemplars: impl Iterator<Item = Exemplar>,
    now: u64,
    max_age: u64,
) -> Option<Exemplar> {
    exemplars.max_by_key(|exemplar| {
        let is_latest = now.saturating_sub(exemplar.at) <= max_age;
        let value = if is_latest { exemplar.value } else { 0 };
        (is_latest, value, exemplar.at)
    })
}
