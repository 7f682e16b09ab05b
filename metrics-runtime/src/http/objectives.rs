//! Objectives of requests: which apply to a handler, and what they count. All of it is read from cells that requests write
//! anyway.

use super::{
    NO_HANDLER,
    record::CLIENT_CLOSED_REQUEST,
    series::{MethodSeries, Series},
};
use crate::{
    config::Config,
    engine::Buckets,
    method::Method,
    metric::{Encoder, Objective, ObjectiveFamilies, ObjectiveSums},
    site::{SITES, Site},
    slo::{self, Slo},
};

/// What a method's requests are timed in and held to.
#[derive(Clone, Copy)]
pub(super) struct Measure {
    pub(super) buckets: &'static Buckets,
    /// What their handler declares.
    own: Objectives,
    defaults: Objectives,
}

impl Measure {
    /// Of a site's requests under a label. What matched no resource is held to nothing.
    pub(super) fn new(
        site: &Site,
        handler: &str,
        buckets: &'static Buckets,
        config: &Config,
    ) -> Self {
        Self {
            buckets,
            own: site.slo.into(),
            defaults: match handler {
                NO_HANDLER => Objectives::default(),
                _ => config.slo.into(),
            },
        }
    }
}

impl PartialEq for Measure {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.buckets, other.buckets)
            && (self.own, self.defaults) == (other.own, other.defaults)
    }
}

/// The objectives of a handler, or the defaults.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Objectives {
    availability: Option<f64>,
    latency: Option<Latency>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Latency {
    ratio: f64,
    threshold: f64,
}

impl From<Slo> for Objectives {
    fn from(slo: Slo) -> Self {
        Self {
            availability: slo.availability.map(slo::ratio),
            latency: slo.time.map(|time| Latency {
                ratio: slo::ratio(time.percent),
                threshold: time.threshold,
            }),
        }
    }
}

/// The families, if a handler of the program has an objective or the configuration has defaults.
pub(super) fn families(config: &Config) -> Option<ObjectiveFamilies> {
    let declared = !config.slo.is_none() || SITES.iter().any(|site| !site.slo.is_none());
    declared.then(|| {
        ObjectiveFamilies::new(
            "http",
            "Requests that an objective counts; clients that left do not count for availability.",
            "Requests that missed an objective: answered with 5xx, or slower than the threshold.",
        )
    })
}

/// The upper bounds for a handler: a literal list as it is, any other with the thresholds of the objectives among it.
pub(super) fn bounds(config: &Config, site: &Site) -> Vec<f64> {
    match (site.buckets, site.slo.time) {
        (Some(literal), _) => literal.to_vec(),
        (None, Some(time)) => slo::with_bound(&config.latency_buckets, time.threshold),
        (None, None) => config.latency_buckets.clone(),
    }
}

/// Logs every handler that the default of the configuration cannot apply to.
pub(super) fn warn_of_missing_bounds(config: &Config) {
    let Some(default) = config.slo.time.filter(|_| config.enabled) else {
        return;
    };
    for site in SITES {
        let lacks = |literal: &[f64]| !literal.contains(&default.threshold);
        if site.slo.time.is_none() && site.buckets.is_some_and(lacks) {
            log::warn!(
                "`{}` has no latency objective: its literal `buckets` have no bound of {} s, the default threshold",
                site.function,
                default.threshold
            );
        }
    }
}

/// What the objectives of a handler's method counted.
#[derive(Default)]
pub(super) struct MethodObjectives {
    availability: Option<ObjectiveSums>,
    latency: Option<ObjectiveSums>,
}

impl MethodObjectives {
    /// Sums over all series of the method, given with the counts of their buckets, and the statuses of all of them.
    ///
    /// Where several handlers share the labels, the strictest objective applies to all of their requests: among them may
    /// be what `CatchAll` recorded of middleware that answered in the handler's place.
    pub(super) fn new(series: &[(&MethodSeries, &[u64])], statuses: &[(u16, u64)]) -> Self {
        let measures = || series.iter().map(|(series, _)| series.measure);
        let strictest = |of: fn(Measure) -> Objectives| Objectives {
            availability: measures()
                .filter_map(|measure| of(measure).availability)
                .max_by(f64::total_cmp),
            latency: measures()
                .filter_map(|measure| of(measure).latency)
                .max_by(|a, b| a.ratio.total_cmp(&b.ratio)),
        };
        let own = strictest(|measure| measure.own);
        let defaults = strictest(|measure| measure.defaults);
        Self {
            availability: own
                .availability
                .or(defaults.availability)
                .map(|ratio| sum_availability(ratio, statuses)),
            latency: own
                .latency
                .or(defaults.latency)
                .and_then(|latency| sum_latency(latency, series)),
        }
    }

    fn iter(&self) -> impl Iterator<Item = ObjectiveSums> + Clone {
        self.availability.into_iter().chain(self.latency)
    }
}

fn sum_availability(ratio: f64, statuses: &[(u16, u64)]) -> ObjectiveSums {
    let sum = |counts: fn(u16) -> bool| {
        let counted = statuses.iter().filter(|(code, _)| counts(*code));
        counted.map(|(_, count)| count).sum()
    };
    ObjectiveSums {
        objective: Objective::Availability,
        ratio,
        threshold: None,
        // A client that left before it was answered is neither a success nor a failure of the service.
        events: sum(|code| code != CLIENT_CLOSED_REQUEST),
        errors: sum(|code| code / 100 == 5),
    }
}

/// `None` if no series has a bucket that ends at the threshold: nothing tells its slow requests.
fn sum_latency(latency: Latency, series: &[(&MethodSeries, &[u64])]) -> Option<ObjectiveSums> {
    let Latency { ratio, threshold } = latency;
    let mut sums = None;
    for (series, counts) in series {
        let mut bounds = series.measure.buckets.bounds.iter();
        if let Some(bucket) = bounds.position(|bound| *bound == threshold) {
            let sums = sums.get_or_insert(ObjectiveSums {
                objective: Objective::Latency,
                ratio,
                threshold: Some(threshold),
                events: 0,
                errors: 0,
            });
            sums.events += counts.iter().sum::<u64>();
            sums.errors += counts[bucket + 1..].iter().sum::<u64>();
        }
    }
    sums
}

/// Gives the families to the encoder, with the objectives of these methods.
pub(super) fn collect<'a, E: Encoder>(
    families: Option<&ObjectiveFamilies>,
    methods: impl Iterator<Item = (&'a Series, Method, &'a MethodObjectives)> + Clone,
    encoder: &mut E,
) {
    let Some(families) = families else { return };
    let objectives = methods.flat_map(|(series, method, objectives)| {
        let labels = move |sums| ([series.prefix, method.label()], sums, series.suffix);
        objectives.iter().map(labels)
    });
    families.collect(objectives, encoder);
}
