//! Upper bounds of a histogram: which bucket a value falls into, and how each bound is printed.

use super::clock;
use crate::number;

/// Increasing upper bounds; the last bucket is `+Inf`.
#[derive(Clone)]
pub(crate) struct Buckets {
    /// Without `+Inf`.
    pub(crate) bounds: Box<[f64]>,
    /// The same for durations in ticks of the clock, where the bounds are seconds.
    ticks: Box<[u64]>,
    /// The `le` label's text of every bucket.
    pub(crate) le: Box<[Box<str>]>,
}

impl Buckets {
    pub(crate) fn new(bounds: &[f64]) -> Self {
        Self {
            bounds: bounds.into(),
            ticks: bounds
                .iter()
                .map(|bound| clock::most_ticks(to_nanos(*bound)))
                .collect(),
            le: bounds
                .iter()
                .chain([&f64::INFINITY])
                .map(|bound| number::canonical_bound(*bound).into())
                .collect(),
        }
    }

    /// How many buckets there are, with `+Inf`.
    pub(crate) fn len(&self) -> usize {
        self.le.len()
    }

    /// At or below it, a duration falls into the first bucket.
    pub(crate) fn lowest_ticks(&self) -> u64 {
        self.ticks.first().copied().unwrap_or(u64::MAX)
    }

    /// The bucket a value falls into; a bound belongs to the bucket below it, NaN to the last.
    #[inline]
    pub(crate) fn index_of(&self, value: f64) -> usize {
        index(&self.bounds, value)
    }

    /// The bucket a duration falls into.
    #[inline]
    pub(crate) fn index_of_ticks(&self, ticks: u64) -> usize {
        index(&self.ticks, ticks)
    }
}

/// A walk from the lowest bound: most values are low, and for few bounds a search is slower than a walk.
#[inline]
fn index<T: Copy + PartialOrd>(bounds: &[T], value: T) -> usize {
    bounds
        .iter()
        .position(|bound| value <= *bound)
        .unwrap_or(bounds.len())
}

/// Saturates: a bound of 600 years holds every duration.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and a bound that is no duration is never compared with one"
)]
fn to_nanos(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_inclusive() {
        let buckets = Buckets::new(&[0.05, 0.1, 0.3, 1.0]);
        for (nanos, index) in [
            (0, 0),
            (50_000_000, 0),
            (100_000_000, 1),
            (300_000_000, 2),
            (1_000_000_000, 3),
        ] {
            let ticks = clock::most_ticks(nanos);
            assert_eq!(buckets.index_of_ticks(ticks), index, "{nanos}");
            assert_eq!(buckets.index_of(nanos as f64 / 1e9), index, "{nanos}");
            if nanos > 0 {
                assert_eq!(buckets.index_of_ticks(ticks + 1), index + 1, "{nanos}");
            }
        }
        assert_eq!(buckets.index_of_ticks(u64::MAX), 4);
        assert_eq!(buckets.index_of(f64::NAN), 4);
        assert_eq!(&*buckets.le[3], "1.0");
        assert_eq!(&*buckets.le[4], "+Inf");
    }
}
