//! The clock: the CPU's counter where it is constant and does not stop, the system's monotonic clock elsewhere.
//!
//! `quanta` decides by CPUID, calibrates once against the system's clock, and falls back by itself; a difference that
//! would be negative (a migration between sockets, a resumed machine) counts as zero.

use once_cell::sync::Lazy;
use quanta::Clock;

static CLOCK: Lazy<Clock> = Lazy::new(Clock::new);

/// A moment, in the clock's own unit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tick(u64);

#[inline]
pub(crate) fn now() -> Tick {
    Tick(CLOCK.raw())
}

/// Nanoseconds between two moments.
#[inline]
pub(crate) fn nanos(from: Tick, to: Tick) -> u64 {
    CLOCK.delta_as_nanos(from.0, to.0)
}

/// Calibrates now, which may take some milliseconds, so that the first request need not.
pub(crate) fn warm_up() {
    now();
}
