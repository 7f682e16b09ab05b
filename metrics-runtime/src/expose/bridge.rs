//! To the `prometheus` crate and from it.
//!
//! [`Bridge`] is a collector in the registry: it holds our names there, and gives our families to whoever gathers the
//! registry. [`collect_registry`] gives what other collectors of the registry have to an encoder.

use std::{borrow::Cow, cell::Cell, sync::Arc};

use once_cell::sync::OnceCell;
use prometheus::{
    Registry,
    core::{Collector, Desc},
    proto::{
        Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType, Summary,
    },
};

use super::Source;
use crate::{
    label,
    metric::{Descriptor, Encoder, Kind, Sum, Value},
    number,
};

thread_local! {
    /// Set while we gather ourselves: our own families are encoded without a detour.
    static GATHERING_OTHERS: Cell<bool> = const { Cell::new(false) };
}

/// Our families as a collector, which holds their names in a registry.
pub(super) struct Bridge<S: 'static> {
    descs: Vec<Desc>,
    /// Set once the registry has accepted the names.
    source: Arc<OnceCell<&'static S>>,
}

impl<S: Source + Sync> Bridge<S> {
    /// # Errors
    /// If a name or label is not valid.
    pub(super) fn new(
        names: Vec<String>,
        constant: &[(String, String)],
    ) -> prometheus::Result<Self> {
        let descs = names
            .into_iter()
            .map(|name| {
                let constant = constant.iter().cloned().collect();
                // The registry compares names and labels; the families have their own help texts.
                let help = "Held by metrics-runtime.".to_owned();
                Desc::new(name, help, Vec::new(), constant)
            })
            .collect::<prometheus::Result<_>>()?;
        Ok(Self {
            descs,
            source: Arc::default(),
        })
    }

    /// Collects from this source from now on.
    pub(super) fn collect_from(&self, source: &'static S) {
        let _ = self.source.set(source);
    }
}

impl<S> Clone for Bridge<S> {
    fn clone(&self) -> Self {
        Self {
            descs: self.descs.clone(),
            source: Arc::clone(&self.source),
        }
    }
}

impl<S: Source + Sync> Collector for Bridge<S> {
    fn desc(&self) -> Vec<&Desc> {
        self.descs.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        match self.source.get() {
            Some(source) if !GATHERING_OTHERS.get() => {
                let mut families = ProtoEncoder(Vec::new());
                source.encode_own(&mut families);
                families.0
            }
            _ => Vec::new(),
        }
    }
}

struct ProtoEncoder(Vec<MetricFamily>);

impl Encoder for ProtoEncoder {
    fn family(&mut self, descriptor: &Descriptor) {
        let mut family = MetricFamily::default();
        family.set_name(descriptor.name.clone());
        family.set_help(descriptor.help.to_string());
        family.set_field_type(match descriptor.kind {
            Kind::Counter => MetricType::COUNTER,
            Kind::Gauge | Kind::Info => MetricType::GAUGE,
            Kind::Histogram => MetricType::HISTOGRAM,
            Kind::Summary => MetricType::SUMMARY,
            Kind::Unknown => MetricType::UNTYPED,
        });
        self.0.push(family);
    }

    fn sample_at(&mut self, labels: &[&str], value: Value<'_>, _timestamp: Option<i64>) {
        let Some(family) = self.0.last_mut() else {
            return;
        };
        let labels = label::parse_pairs(&labels.concat());
        let mut metric = Metric::from_label(labels.into_iter().map(pair).collect());
        let is_counter = family.get_field_type() == MetricType::COUNTER;
        match value {
            Value::Integer(value) => set_number(&mut metric, is_counter, value as f64),
            Value::Signed(value) => set_number(&mut metric, is_counter, value as f64),
            Value::Float(value) => set_number(&mut metric, is_counter, value),
            Value::Histogram { le, counts, sum } => {
                metric.set_histogram(histogram(le, counts, sum));
            }
            Value::Summary { sum, count, .. } => {
                let mut summary = Summary::default();
                summary.set_sample_sum(sum.to_float());
                summary.set_sample_count(count);
                metric.set_summary(summary);
            }
        }
        family.mut_metric().push(metric);
    }
}

fn pair((name, value): (String, String)) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name);
    pair.set_value(value);
    pair
}

fn set_number(metric: &mut Metric, is_counter: bool, value: f64) {
    if is_counter {
        let mut counter = Counter::default();
        counter.set_value(value);
        metric.set_counter(counter);
    } else {
        let mut gauge = Gauge::default();
        gauge.set_value(value);
        metric.set_gauge(gauge);
    }
}

fn histogram(le: &[Box<str>], counts: &[u64], sum: Sum) -> Histogram {
    let mut below = 0;
    let buckets = le
        .iter()
        .zip(counts)
        .map(|(bound, count)| {
            below += count;
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(bound.parse().expect("a bound is a number"));
            bucket.set_cumulative_count(below);
            bucket
        })
        // The crate's encoder adds `+Inf` itself.
        .filter(|bucket| bucket.upper_bound().is_finite())
        .collect();
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets);
    histogram.set_sample_count(counts.iter().sum());
    histogram.set_sample_sum(sum.to_float());
    histogram
}

/// Gives an encoder what the registry gathers from other collectors.
pub(crate) fn collect_registry(registry: &Registry, encoder: &mut impl Encoder) {
    for family in gather_others(registry) {
        let kind = family.get_field_type();
        encoder.family(&Descriptor {
            name: family.name().to_owned(),
            kind: match kind {
                MetricType::COUNTER => Kind::Counter,
                MetricType::GAUGE => Kind::Gauge,
                MetricType::HISTOGRAM => Kind::Histogram,
                MetricType::SUMMARY => Kind::Summary,
                MetricType::UNTYPED => Kind::Unknown,
            },
            help: Cow::Owned(family.help().to_owned()),
            unit: None,
        });
        for metric in family.get_metric() {
            collect_metric(metric, kind, encoder);
        }
    }
}

fn gather_others(registry: &Registry) -> Vec<MetricFamily> {
    struct Restore;
    impl Drop for Restore {
        fn drop(&mut self) {
            GATHERING_OTHERS.set(false);
        }
    }
    GATHERING_OTHERS.set(true);
    let _restore = Restore;
    registry.gather()
}

/// A number of the crate's model: it is read by `get_value` in the plain one, and by `value` in the one that the crate's
/// feature `protobuf` brings. Here each is the other's stand-in.
#[allow(dead_code, reason = "which one is used depends on the model")]
trait Number {
    fn value(&self) -> f64;
    fn get_value(&self) -> f64;
}

impl Number for Counter {
    fn value(&self) -> f64 {
        self.get_value()
    }

    fn get_value(&self) -> f64 {
        self.value()
    }
}

impl Number for Gauge {
    fn value(&self) -> f64 {
        self.get_value()
    }

    fn get_value(&self) -> f64 {
        self.value()
    }
}

fn collect_metric(metric: &Metric, kind: MetricType, encoder: &mut impl Encoder) {
    let mut labels = String::new();
    for pair in metric.get_label() {
        if !labels.is_empty() {
            labels.push(',');
        }
        label::push_pair(&mut labels, pair.name(), pair.value());
    }
    // 0 is the crate's word for no timestamp.
    let timestamp = Some(metric.timestamp_ms()).filter(|timestamp| *timestamp != 0);
    let mut sample = |value: Value<'_>| encoder.sample_at(&[&labels], value, timestamp);
    match kind {
        MetricType::COUNTER => sample(Value::Float(metric.get_counter().value())),
        MetricType::GAUGE => sample(Value::Float(metric.get_gauge().value())),
        // The crate's model keeps the value of an untyped metric to itself.
        MetricType::UNTYPED => sample(Value::Float(f64::NAN)),
        MetricType::HISTOGRAM => {
            let histogram = metric.get_histogram();
            let mut le = Vec::new();
            let mut counts = Vec::new();
            let mut below = 0;
            for bucket in histogram.get_bucket() {
                if bucket.upper_bound() != f64::INFINITY {
                    le.push(number::canonical_bound(bucket.upper_bound()).into());
                    counts.push(bucket.cumulative_count().saturating_sub(below));
                    below = bucket.cumulative_count();
                }
            }
            le.push("+Inf".into());
            counts.push(histogram.get_sample_count().saturating_sub(below));
            sample(Value::Histogram {
                le: &le,
                counts: &counts,
                sum: Sum::Float(histogram.get_sample_sum()),
            });
        }
        MetricType::SUMMARY => {
            let summary = metric.get_summary();
            let quantiles: Vec<(f64, f64)> = summary
                .get_quantile()
                .iter()
                .map(|quantile| (quantile.quantile(), quantile.value()))
                .collect();
            sample(Value::Summary {
                quantiles: &quantiles,
                sum: Sum::Float(summary.sample_sum()),
                count: summary.sample_count(),
            });
        }
    }
}
