//! Objectives as they are declared: on a handler or a task, and as defaults in the configuration.

/// Which share of events must be good, in percent, and how many seconds a good one may take.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Slo {
    pub(crate) availability: Option<f64>,
    pub(crate) time: Option<TimeSlo>,
}

/// So many percent of events take no longer than so many seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TimeSlo {
    pub(crate) threshold: f64,
    pub(crate) percent: f64,
}

impl Slo {
    pub(crate) const NONE: Self = Self {
        availability: None,
        time: None,
    };

    pub(crate) fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// The first value that cannot be used, and why.
    pub(crate) fn fault(self) -> Option<(f64, &'static str)> {
        let percentages = [self.availability, self.time.map(|time| time.percent)];
        for percent in percentages.into_iter().flatten() {
            if !(percent > 50.0 && percent < 100.0) {
                return Some((
                    percent,
                    "an objective is a percentage above 50 and below 100",
                ));
            }
        }
        let threshold = self.time?.threshold;
        let sound = threshold > 0.0 && threshold.is_finite();
        (!sound).then_some((threshold, "a threshold is a positive number of seconds"))
    }
}

/// `0.999` for 99.9 percent: the number that has these digits, which a division by 100 may miss.
pub(crate) fn ratio(percent: f64) -> f64 {
    format!("{percent}e-2").parse().unwrap_or(percent / 100.0)
}

/// Increasing bounds with one more, if it is not there.
pub(crate) fn with_bound(bounds: &[f64], bound: f64) -> Vec<f64> {
    let mut bounds = bounds.to_vec();
    let at = bounds.partition_point(|known| *known < bound);
    if bounds.get(at) != Some(&bound) {
        bounds.insert(at, bound);
    }
    bounds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_have_the_digits_of_the_percentage() {
        for (percent, expected) in [
            (99.9, "0.999"),
            (99.95, "0.9995"),
            (99.99, "0.9999"),
            (99.999, "0.99999"),
            (95.0, "0.95"),
            (50.1, "0.501"),
        ] {
            assert_eq!(ratio(percent).to_string(), expected);
        }
    }

    #[test]
    fn a_bound_is_added_once_and_in_order() {
        assert_eq!(with_bound(&[0.1, 0.5], 0.3), [0.1, 0.3, 0.5]);
        assert_eq!(with_bound(&[0.1, 0.5], 0.05), [0.05, 0.1, 0.5]);
        assert_eq!(with_bound(&[0.1, 0.5], 9.0), [0.1, 0.5, 9.0]);
        assert_eq!(with_bound(&[0.1, 0.5], 0.5), [0.1, 0.5]);
    }
}
