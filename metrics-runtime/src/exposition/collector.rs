//! Our families as a collector of the `prometheus` crate, for whoever gathers the registry himself.

use std::{cell::Cell, collections::HashMap};

use prometheus::{
    core::{Collector, Desc},
    proto::{
        Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType, Summary,
    },
};

use super::native::statuses;
use crate::{
    families::{Family, Kind},
    metrics::Inner,
    recorder::snapshot::{self, Handler},
};

thread_local! {
    /// Set while `/metrics` gathers: it wrote our families itself.
    static WRITTEN_DIRECTLY: Cell<bool> = const { Cell::new(false) };
}

/// What the registry holds beside our families.
pub(super) fn gather_others(inner: &Inner) -> Vec<MetricFamily> {
    struct Restore;
    impl Drop for Restore {
        fn drop(&mut self) {
            WRITTEN_DIRECTLY.set(false);
        }
    }
    WRITTEN_DIRECTLY.set(true);
    let _restore = Restore;
    inner.registry.gather()
}

/// Holds our names in the registry, so that another collector cannot take them, and gives our families to those who
/// gather it.
pub(crate) struct HttpCollector {
    descs: Vec<Desc>,
    inner: &'static Inner,
}

impl HttpCollector {
    pub(crate) fn new(inner: &'static Inner) -> prometheus::Result<Self> {
        let constant: HashMap<String, String> = inner
            .recorder
            .config
            .custom_labels
            .iter()
            .cloned()
            .collect();
        let descs = inner
            .families
            .all()
            .map(|family| {
                Desc::new(
                    family.name.clone(),
                    family.help.to_owned(),
                    family
                        .labels
                        .iter()
                        .map(|name| (*name).to_owned())
                        .collect(),
                    constant.clone(),
                )
            })
            .collect::<prometheus::Result<_>>()?;
        Ok(Self { descs, inner })
    }
}

impl Collector for HttpCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.descs.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let config = &self.inner.recorder.config;
        if WRITTEN_DIRECTLY.get() || !config.enabled {
            return Vec::new();
        }
        families(self.inner)
    }
}

fn families(inner: &'static Inner) -> Vec<MetricFamily> {
    let config = &inner.recorder.config;
    let mut all: Vec<MetricFamily> = inner.families.all().map(head).collect();
    let [
        requests,
        durations,
        request_sizes,
        response_sizes,
        inprogress,
        exceptions,
        overall @ ..,
    ] = all.as_mut_slice()
    else {
        unreachable!("`Families::all` has six families at least")
    };
    for handler in inner.recorder.snapshot().handlers() {
        for method in handler.methods() {
            let name = method.method.name();
            for (status, count) in statuses(method.statuses, config.group_status_codes) {
                let mut label = String::new();
                status.push(&mut label);
                push(
                    requests,
                    labels(&handler, &[("method", name), ("status", &label)]),
                    |metric| {
                        metric.set_counter(counter(count));
                    },
                );
            }
            push(durations, labels(&handler, &[("method", name)]), |metric| {
                metric.set_histogram(histogram(&method.durations));
            });
            push(
                inprogress,
                labels(&handler, &[("method", name)]),
                |metric| {
                    let mut gauge = Gauge::default();
                    gauge.set_value(method.inprogress as f64);
                    metric.set_gauge(gauge);
                },
            );
        }
        for (family, bytes) in [
            (&mut *request_sizes, handler.request_bytes()),
            (&mut *response_sizes, handler.response_bytes()),
        ] {
            push(family, labels(&handler, &[]), |metric| {
                let mut summary = Summary::default();
                summary.set_sample_sum(bytes as f64);
                summary.set_sample_count(handler.requests());
                metric.set_summary(summary);
            });
        }
        for (exception, count) in handler.exceptions {
            push(
                exceptions,
                labels(&handler, &[("exception_type", exception)]),
                |metric| {
                    metric.set_counter(counter(*count));
                },
            );
        }
    }
    if let Some(family) = overall.first_mut() {
        let labels = config
            .custom_labels
            .iter()
            .map(|(name, value)| pair(name, value))
            .collect();
        push(family, labels, |metric| {
            let total = inner.recorder.overall(|total| histogram(&total));
            metric.set_histogram(total.unwrap_or_default());
        });
    }
    all
}

fn head(family: &Family) -> MetricFamily {
    let mut head = MetricFamily::default();
    head.set_name(family.name.clone());
    head.set_help(family.help.to_owned());
    head.set_field_type(match family.kind {
        Kind::Counter => MetricType::COUNTER,
        Kind::Gauge => MetricType::GAUGE,
        Kind::Histogram => MetricType::HISTOGRAM,
        Kind::Summary => MetricType::SUMMARY,
    });
    head
}

fn push(family: &mut MetricFamily, labels: Vec<LabelPair>, fill: impl FnOnce(&mut Metric)) {
    let mut metric = Metric::from_label(labels);
    fill(&mut metric);
    family.mut_metric().push(metric);
}

fn labels(handler: &Handler<'_>, own: &[(&str, &str)]) -> Vec<LabelPair> {
    let series = handler.series;
    std::iter::once(("handler", series.handler))
        .chain(own.iter().copied())
        .chain(
            series
                .labels
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        )
        .map(|(name, value)| pair(name, value))
        .collect()
}

fn pair(name: &str, value: &str) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value.to_owned());
    pair
}

fn counter(count: u64) -> Counter {
    let mut counter = Counter::default();
    counter.set_value(count as f64);
    counter
}

fn histogram(durations: &snapshot::Histogram<'_>) -> Histogram {
    let mut below = 0;
    let buckets = durations
        .bounds
        .seconds
        .iter()
        .zip(durations.counts)
        .map(|(bound, count)| {
            below += count;
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(*bound);
            bucket.set_cumulative_count(below);
            bucket
        })
        .collect();
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets);
    histogram.set_sample_count(durations.count());
    histogram.set_sample_sum(durations.sum_nanos() as f64 / 1e9);
    histogram
}
