//! The clock: the CPU's counter where it is constant and does not stop, the system's monotonic clock elsewhere.
//!
//! `quanta` decides by CPUID, calibrates once against the system's clock, and falls back by itself; a difference that
//! would be negative (a migration between sockets, a resumed machine) counts as zero.
//!
//! Durations are recorded in the unit of the clock, ticks; bounds are turned into ticks once, and sums into
//! nanoseconds when they are read.

use once_cell::sync::Lazy;
use quanta::Clock;

static CLOCK: Lazy<Clock> = Lazy::new(Clock::new);

/// A moment.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tick(pub(crate) u64);

impl Tick {
    /// So many ticks later.
    pub(crate) fn plus(self, ticks: u64) -> Self {
        Self(self.0 + ticks)
    }

    /// Ticks since the clock's own beginning.
    pub(crate) fn count(self) -> u64 {
        self.0
    }
}

#[inline]
pub(crate) fn now() -> Tick {
    #[cfg(test)]
    if let Some(now) = stopped::now() {
        return now;
    }
    Tick(CLOCK.raw())
}

/// A clock that stands still in a thread, and that a test advances.
#[cfg(test)]
pub(crate) mod stopped {
    use std::{cell::Cell, time::Duration};

    use super::Tick;

    thread_local! {
        static NOW: Cell<Option<Tick>> = const { Cell::new(None) };
    }

    pub(super) fn now() -> Option<Tick> {
        NOW.get()
    }

    /// Stops this thread's clock at a moment.
    pub(crate) fn at(moment: Tick) {
        NOW.set(Some(moment));
    }

    /// Advances this thread's clock, which was stopped.
    pub(crate) fn advance(by: Duration) {
        let nanos = u64::try_from(by.as_nanos()).expect("a duration of a test");
        let now = NOW.get().expect("the clock is stopped");
        at(now.plus(super::most_ticks(nanos)));
    }
}

/// Ticks from one moment to another.
#[inline]
pub(crate) fn ticks(from: Tick, to: Tick) -> u64 {
    to.0.saturating_sub(from.0)
}

/// Nanoseconds of so many ticks, rounded down.
pub(crate) fn nanos(ticks: u64) -> u64 {
    CLOCK.delta_as_nanos(0, ticks)
}

/// The most ticks that are not more than so many nanoseconds.
pub(crate) fn most_ticks(limit: u64) -> u64 {
    /// 36 years: no request takes as long, and ticks of more might not fit.
    const FOREVER: u64 = 1 << 60;
    if limit >= FOREVER {
        return u64::MAX;
    }
    let mut above = 1;
    while nanos(above) <= limit {
        above *= 2;
    }
    let mut most = above / 2;
    while above - most > 1 {
        let middle = most.midpoint(above);
        if nanos(middle) <= limit {
            most = middle;
        } else {
            above = middle;
        }
    }
    most
}

/// Calibrates now, which may take some milliseconds, so that the first request need not.
pub(crate) fn warm_up() {
    now();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_and_nanoseconds_meet_at_the_limit() {
        for limit in [0, 1, 2, 999, 50_000_000, 5_000_000_000, (1 << 60) - 1] {
            let most = most_ticks(limit);
            assert!(nanos(most) <= limit, "{limit}");
            assert!(nanos(most + 1) > limit, "{limit}");
        }
        assert_eq!(most_ticks(u64::MAX), u64::MAX);
    }

    #[test]
    fn time_does_not_run_backwards() {
        assert_eq!(ticks(Tick(2), Tick(1)), 0);
    }
}
