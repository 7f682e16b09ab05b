//! Histogram bounds: what a duration is compared with, and how each is written.

use super::clock;
use crate::label;

/// Increasing upper bounds without `+Inf`.
pub(crate) struct Bounds {
    pub(crate) number: usize,
    pub(crate) seconds: Box<[f64]>,
    ticks: Box<[u64]>,
    /// `le="0.05"} ` for each bound and for `+Inf`: the end of a bucket's line but for its count.
    pub(crate) line_ends: Box<[Box<str>]>,
}

impl Bounds {
    pub(crate) fn new(number: usize, seconds: &[f64]) -> Self {
        Self {
            number,
            seconds: seconds.into(),
            ticks: seconds
                .iter()
                .map(|bound| clock::most_ticks(to_nanos(*bound)))
                .collect(),
            line_ends: seconds
                .iter()
                .chain([&f64::INFINITY])
                .map(|bound| format!("le=\"{}\"}} ", label::canonical_bound(*bound)).into())
                .collect(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.seconds.len()
    }

    /// Below or at it, a duration falls into the first bucket.
    pub(crate) fn lowest(&self) -> u64 {
        self.ticks.first().copied().unwrap_or(u64::MAX)
    }

    /// The bucket a duration falls into; a bound belongs to the bucket below it.
    ///
    /// A walk from the lowest bound: most requests are fast, and few bounds make a search slower than a walk.
    #[inline]
    pub(crate) fn index_of(&self, ticks: u64) -> usize {
        self.ticks
            .iter()
            .position(|bound| ticks <= *bound)
            .unwrap_or(self.ticks.len())
    }
}

/// Saturates: a bound of 600 years holds every request.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and bounds are neither negative nor NaN"
)]
fn to_nanos(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_inclusive() {
        let bounds = Bounds::new(0, &[0.05, 0.1, 0.3, 1.0]);
        for (nanos, index) in [
            (0, 0),
            (50_000_000, 0),
            (100_000_000, 1),
            (300_000_000, 2),
            (1_000_000_000, 3),
        ] {
            let ticks = clock::most_ticks(nanos);
            assert_eq!(bounds.index_of(ticks), index, "{nanos}");
            if nanos > 0 {
                assert_eq!(bounds.index_of(ticks + 1), index + 1, "above {nanos}");
            }
        }
        assert_eq!(bounds.index_of(u64::MAX), 4);
        assert_eq!(&*bounds.line_ends[3], "le=\"1.0\"} ");
        assert_eq!(&*bounds.line_ends[4], "le=\"+Inf\"} ");
    }
}
