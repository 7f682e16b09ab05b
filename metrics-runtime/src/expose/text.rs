//! Both text formats.

use std::{fmt::Write, iter, mem};

use super::{BLOCK, Format};
use crate::{
    label,
    metric::{Descriptor, Encoder, Exemplar, Kind, Sum, Value},
    number,
    trace_id::TraceId,
};

/// Writes families as text. `at_block` is called when a block is full, and returns how much text is left of it.
pub(super) struct TextEncoder<F> {
    format: Format,
    text: String,
    /// The length at which the block is full.
    block_end: usize,
    at_block: F,
    family: Family,
}

/// How the lines of the family at hand begin.
#[derive(Default)]
struct Family {
    name: String,
    bucket: String,
    sum: String,
    count: String,
    /// `bucket` with the labels of the histogram at hand: most lines by far begin with it.
    bucket_with_labels: String,
}

impl<F: FnMut(&mut String) -> usize> TextEncoder<F> {
    pub(super) fn new(format: Format, at_block: F) -> Self {
        Self {
            format,
            text: String::with_capacity(BLOCK + BLOCK / 4),
            block_end: BLOCK,
            at_block,
            family: Family::default(),
        }
    }

    /// What is left of the text after the last full block.
    pub(super) fn finish(mut self) -> String {
        if self.format == Format::OpenMetrics {
            self.text.push_str("# EOF\n");
        }
        self.text
    }

    fn metadata(&mut self, word: &str, name: &str, text: &str) {
        push_parts(&mut self.text, ["# ", word, " ", name, " "]);
        let escapes_quotes = word == "HELP" && self.format == Format::OpenMetrics;
        label::push_escaped(&mut self.text, text, escapes_quotes);
        self.text.push('\n');
    }

    /// Both formats end a line with the timestamp, if there is one; only OpenMetrics has exemplars.
    fn end_sample(&mut self, timestamp: Option<i64>, exemplar: Option<&Exemplar>) {
        self.push_timestamp(timestamp);
        if let Some(exemplar) = exemplar
            && self.format == Format::OpenMetrics
        {
            self.push_exemplar(exemplar);
        }
        self.text.push('\n');
    }

    #[cold]
    fn push_exemplar(&mut self, exemplar: &Exemplar) {
        const LABEL: &str = "trace_id";
        // OpenMetrics allows the labels of an exemplar 128 characters.
        const _: () = assert!(LABEL.len() + 2 * size_of::<TraceId>() <= 128);
        let Exemplar {
            trace,
            value,
            timestamp,
        } = *exemplar;
        write!(self.text, " # {{{LABEL}=\"{trace}\"}} ").expect("a String takes every write");
        push_sum(&mut self.text, value);
        self.text.push(' ');
        push_seconds(&mut self.text, timestamp * 1_000_000);
    }

    fn push_timestamp(&mut self, timestamp: Option<i64>) {
        if let Some(milliseconds) = timestamp {
            self.text.push(' ');
            match self.format {
                Format::Text => push_integer(&mut self.text, milliseconds),
                Format::OpenMetrics => {
                    number::push_float(&mut self.text, milliseconds as f64 / 1000.0);
                }
            }
        }
    }

    fn end_line(&mut self, timestamp: Option<i64>) {
        self.end_sample(timestamp, None);
    }

    fn histogram(
        &mut self,
        labels: &[&str],
        le: &[Box<str>],
        counts: &[u64],
        sum: Sum,
        exemplars: &[Option<Exemplar>],
        timestamp: Option<i64>,
    ) {
        let mut start = mem::take(&mut self.family.bucket_with_labels);
        start.clear();
        push_parts(&mut start, [&self.family.bucket, "{"]);
        let length = start.len();
        push_all(&mut start, labels);
        if start.len() > length {
            start.push(',');
        }
        start.push_str("le=\"");
        let mut below = 0_u64;
        let exemplars = exemplars.iter().map(Option::as_ref);
        let exemplars = exemplars.chain(iter::repeat(None));
        for ((bound, count), exemplar) in le.iter().zip(counts).zip(exemplars) {
            below += count;
            let mut digits = itoa::Buffer::new();
            let parts = [&start, &**bound, "\"} ", digits.format(below)];
            push_parts(&mut self.text, parts);
            self.end_sample(timestamp, exemplar);
        }
        self.family.bucket_with_labels = start;
        self.sum_and_count(labels, sum, below, timestamp);
    }

    fn sum_and_count(&mut self, labels: &[&str], sum: Sum, count: u64, timestamp: Option<i64>) {
        start_line(&mut self.text, &self.family.sum, labels);
        push_sum(&mut self.text, sum);
        self.end_line(timestamp);
        start_line(&mut self.text, &self.family.count, labels);
        push_integer(&mut self.text, count);
        self.end_line(timestamp);
    }
}

impl<F: FnMut(&mut String) -> usize> Encoder for TextEncoder<F> {
    fn family(&mut self, descriptor: &Descriptor) {
        let full = descriptor.name.as_str();
        let openmetrics = self.format == Format::OpenMetrics;
        // OpenMetrics names the family of a counter without `_total`, and its samples with it.
        let base = full.strip_suffix("_total").unwrap_or(full);
        let info = full.strip_suffix("_info").unwrap_or(full);
        let (name, kind) = match descriptor.kind {
            Kind::Counter if openmetrics => (base, "counter"),
            Kind::Counter => (full, "counter"),
            Kind::Info if openmetrics => (info, "info"),
            Kind::Gauge | Kind::Info => (full, "gauge"),
            Kind::Histogram => (full, "histogram"),
            Kind::Summary => (full, "summary"),
            Kind::Unknown if openmetrics => (full, "unknown"),
            Kind::Unknown => (full, "untyped"),
        };
        let help = (!descriptor.help.is_empty()).then_some(&*descriptor.help);
        if openmetrics {
            self.metadata("TYPE", name, kind);
            if let Some(unit) = descriptor.unit {
                self.metadata("UNIT", name, unit);
            }
            if let Some(help) = help {
                self.metadata("HELP", name, help);
            }
        } else {
            if let Some(help) = help {
                self.metadata("HELP", name, help);
            }
            self.metadata("TYPE", name, kind);
        }
        let sample = if openmetrics && descriptor.kind == Kind::Counter {
            format!("{base}_total")
        } else {
            full.to_owned()
        };
        self.family = Family {
            bucket: format!("{full}_bucket"),
            sum: format!("{full}_sum"),
            count: format!("{full}_count"),
            bucket_with_labels: String::new(),
            name: sample,
        };
    }

    #[inline]
    fn sample_at(&mut self, labels: &[&str], value: Value<'_>, timestamp: Option<i64>) {
        self.write_sample(labels, value, &[], timestamp);
    }

    #[inline]
    fn sample_with_exemplars(
        &mut self,
        labels: &[&str],
        value: Value<'_>,
        exemplars: &[Option<Exemplar>],
    ) {
        self.write_sample(labels, value, exemplars, None);
    }
}

impl<F: FnMut(&mut String) -> usize> TextEncoder<F> {
    #[inline]
    fn write_sample(
        &mut self,
        labels: &[&str],
        value: Value<'_>,
        exemplars: &[Option<Exemplar>],
        timestamp: Option<i64>,
    ) {
        match value {
            Value::Histogram { le, counts, sum } => {
                self.histogram(labels, le, counts, sum, exemplars, timestamp);
            }
            Value::Summary {
                quantiles,
                sum,
                count,
            } => {
                for (quantile, value) in quantiles {
                    let quantile = number::canonical_bound(*quantile);
                    let comma = if labels.iter().all(|part| part.is_empty()) {
                        ""
                    } else {
                        ","
                    };
                    let mut parts = labels.to_vec();
                    parts.extend([comma, "quantile=\"", &quantile, "\""]);
                    start_line(&mut self.text, &self.family.name, &parts);
                    number::push_float(&mut self.text, *value);
                    self.end_line(timestamp);
                }
                self.sum_and_count(labels, sum, count, timestamp);
            }
            Value::Integer(_) | Value::Signed(_) | Value::Float(_) => {
                start_line(&mut self.text, &self.family.name, labels);
                match value {
                    Value::Integer(value) => push_integer(&mut self.text, value),
                    Value::Signed(value) => push_integer(&mut self.text, value),
                    Value::Float(value) => number::push_float(&mut self.text, value),
                    Value::Histogram { .. } | Value::Summary { .. } => {}
                }
                self.end_sample(timestamp, exemplars.first().and_then(Option::as_ref));
            }
        }
        if self.text.len() >= self.block_end {
            let left = (self.at_block)(&mut self.text);
            self.block_end = left + BLOCK;
        }
    }
}

/// `name{labels} `, without braces where there are no labels.
#[inline]
fn start_line(text: &mut String, name: &str, labels: &[&str]) {
    let length: usize = labels.iter().map(|part| part.len()).sum();
    text.reserve(name.len() + length + 24);
    text.push_str(name);
    if length > 0 {
        text.push('{');
        for part in labels {
            text.push_str(part);
        }
        text.push('}');
    }
    text.push(' ');
}

/// Grows the text at most once for all parts.
#[inline]
fn push_parts<const N: usize>(text: &mut String, parts: [&str; N]) {
    push_all(text, &parts);
}

#[inline]
fn push_all(text: &mut String, parts: &[&str]) {
    text.reserve(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        text.push_str(part);
    }
}

#[inline]
fn push_integer(text: &mut String, number: impl itoa::Integer) {
    text.push_str(itoa::Buffer::new().format(number));
}

fn push_sum(text: &mut String, sum: Sum) {
    match sum {
        Sum::Integer(sum) => push_integer(text, sum),
        Sum::Nanos(nanos) => push_seconds(text, nanos),
        Sum::Float(sum) => number::push_float(text, sum),
    }
}

/// Nanoseconds as decimal seconds, exactly.
fn push_seconds(text: &mut String, nanos: u64) {
    push_integer(text, nanos / 1_000_000_000);
    let mut fraction = nanos % 1_000_000_000;
    if fraction > 0 {
        let mut digits = [b'0'; 9];
        for digit in digits.iter_mut().rev() {
            *digit += u8::try_from(fraction % 10).expect("one digit");
            fraction /= 10;
        }
        let digits = std::str::from_utf8(&digits).expect("digits");
        push_parts(text, [".", digits.trim_end_matches('0')]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact() {
        for (nanos, expected) in [
            (0, "0"),
            (1, "0.000000001"),
            (1_500_000_000, "1.5"),
            (u64::MAX, "18446744073.709551615"),
        ] {
            let mut text = String::new();
            push_seconds(&mut text, nanos);
            assert_eq!(text, expected);
        }
    }
}
