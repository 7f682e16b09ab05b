//! Other collectors' families, as the registry gathers them.

use std::borrow::Cow;

use prometheus::proto::{LabelPair, Metric, MetricFamily, MetricType};

use super::{Format, Output, head_name, push_head};
use crate::label;

pub(super) fn write(out: &mut Output<'_>, families: &[MetricFamily], format: Format) {
    for family in families {
        let kind = family.get_field_type();
        let name = family.name();
        let counter = kind == MetricType::COUNTER;
        push_head(
            &mut out.text,
            format,
            head_name(name, counter, format),
            kind_name(kind, format),
            None,
            family.help(),
        );
        let total = counter && format == Format::OpenMetrics && !name.ends_with("_total");
        let sample: Cow<'_, str> = if total {
            format!("{name}_total").into()
        } else {
            name.into()
        };
        out.each(family.get_metric(), |out, metric| {
            samples(out, &sample, kind, metric, format);
        });
    }
}

fn kind_name(kind: MetricType, format: Format) -> &'static str {
    match kind {
        MetricType::COUNTER => "counter",
        MetricType::GAUGE => "gauge",
        MetricType::HISTOGRAM => "histogram",
        MetricType::SUMMARY => "summary",
        MetricType::UNTYPED if format == Format::OpenMetrics => "unknown",
        MetricType::UNTYPED => "untyped",
    }
}

fn samples(out: &mut String, name: &str, kind: MetricType, metric: &Metric, format: Format) {
    let line = Line { metric, format };
    match kind {
        MetricType::COUNTER => line.push(out, name, "", None, metric.get_counter().get_value()),
        MetricType::GAUGE => line.push(out, name, "", None, metric.get_gauge().get_value()),
        MetricType::UNTYPED => line.push(out, name, "", None, untyped(metric)),
        MetricType::HISTOGRAM => {
            let histogram = metric.get_histogram();
            let finite = histogram
                .get_bucket()
                .iter()
                .filter(|bucket| bucket.upper_bound() != f64::INFINITY);
            for bucket in finite {
                let bound = label::canonical_bound(bucket.upper_bound());
                line.push(
                    out,
                    name,
                    "_bucket",
                    Some(("le", &bound)),
                    bucket.cumulative_count() as f64,
                );
            }
            let count = histogram.get_sample_count() as f64;
            line.push(out, name, "_bucket", Some(("le", "+Inf")), count);
            line.push(out, name, "_sum", None, histogram.get_sample_sum());
            line.push(out, name, "_count", None, count);
        }
        MetricType::SUMMARY => {
            let summary = metric.get_summary();
            for quantile in summary.get_quantile() {
                let at = label::canonical_bound(quantile.quantile());
                line.push(out, name, "", Some(("quantile", &at)), quantile.value());
            }
            line.push(out, name, "_sum", None, summary.sample_sum());
            line.push(out, name, "_count", None, summary.sample_count() as f64);
        }
    }
}

/// The crate's model keeps the value of an untyped metric to itself.
fn untyped(_: &Metric) -> f64 {
    f64::NAN
}

struct Line<'a> {
    metric: &'a Metric,
    format: Format,
}

impl Line<'_> {
    fn push(
        &self,
        out: &mut String,
        name: &str,
        suffix: &str,
        extra: Option<(&str, &str)>,
        value: f64,
    ) {
        out.push_str(name);
        out.push_str(suffix);
        let own = self.metric.get_label().iter().map(pair);
        let mut separator = '{';
        for (name, value) in own.chain(extra) {
            out.push(separator);
            label::push_pair(out, name, value);
            separator = ',';
        }
        if separator == ',' {
            out.push('}');
        }
        out.push(' ');
        label::push_float(out, value);
        self.push_timestamp(out);
        out.push('\n');
    }

    /// Milliseconds in the text format, seconds in OpenMetrics; 0 is the crate's word for none.
    fn push_timestamp(&self, out: &mut String) {
        let milliseconds = self.metric.timestamp_ms();
        if milliseconds != 0 {
            out.push(' ');
            match self.format {
                Format::Text => out.push_str(itoa::Buffer::new().format(milliseconds)),
                Format::OpenMetrics => label::push_float(out, milliseconds as f64 / 1000.0),
            }
        }
    }
}

fn pair(label: &LabelPair) -> (&str, &str) {
    (label.name(), label.value())
}
