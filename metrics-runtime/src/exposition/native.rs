//! Our own families: their label strings were rendered when the series were made, so a line is a few copies and a
//! number.

use std::mem;

use super::{Format, push_family};
use crate::{
    label,
    metrics::Inner,
    recorder::{lock, snapshot::Histogram},
};

pub(super) fn write(out: &mut String, inner: &'static Inner, format: Format) {
    let config = &inner.recorder.config;
    if !config.enabled {
        return;
    }
    let families = &inner.families;
    // The formats want a family's series together, memory a handler's: so each family is written into a text of its
    // own while the handlers pass by once. The texts are kept for the next scrape, because fresh memory costs more
    // than writing to it. Of two scrapes at once, one goes without.
    let mut texts = mem::take(&mut *lock(&inner.texts));
    let [
        requests,
        durations,
        request_sizes,
        response_sizes,
        inprogress,
        exceptions,
    ] = &mut texts;
    let bucket = HistogramNames::new(&families.duration.name);
    let request_size = SizeNames::new(&families.request_size.name);
    let response_size = SizeNames::new(&families.response_size.name);
    let [requests_start, inprogress_start, exceptions_start] = [
        &families.requests,
        &families.inprogress,
        &families.exceptions,
    ]
    .map(|family| format!("{}{{", family.name));
    let mut labels = String::new();
    inner.recorder.for_each_handler(|handler| {
        let series = handler.series;
        for method in &handler.methods {
            labels.clear();
            push_parts(
                &mut labels,
                [&series.head, ",method=\"", method.method.name(), "\""],
            );
            for (status, count) in statuses(&method.statuses, config.group_status_codes) {
                push_parts(requests, [&requests_start, &labels, ",status=\""]);
                status.push(requests);
                push_parts(requests, ["\"", &series.tail, "} "]);
                push_number(requests, count);
            }
            labels.push_str(&series.tail);
            histogram(durations, &bucket, &labels, &method.durations);
            push_parts(inprogress, [&inprogress_start, &labels, "} "]);
            inprogress.push_str(itoa::Buffer::new().format(method.inprogress));
            inprogress.push('\n');
        }
        labels.clear();
        push_parts(&mut labels, [&series.head, &series.tail, "} "]);
        let count = handler.requests();
        sizes(
            request_sizes,
            &request_size,
            &labels,
            handler.request_bytes(),
            count,
        );
        sizes(
            response_sizes,
            &response_size,
            &labels,
            handler.response_bytes(),
            count,
        );
        for (exception, count) in &handler.exceptions {
            push_parts(
                exceptions,
                [&exceptions_start, &series.head, ",exception_type=\""],
            );
            label::push_escaped(exceptions, exception, true);
            push_parts(exceptions, ["\"", &series.tail, "} "]);
            push_number(exceptions, *count);
        }
    });
    out.reserve(texts.iter().map(|text| text.len() + 512).sum());
    for (family, text) in families.all().zip(&mut texts) {
        push_family(out, format, family);
        out.push_str(text);
        text.clear();
    }
    *lock(&inner.texts) = texts;
    if let Some(family) = &families.high_resolution {
        push_family(out, format, family);
        high_resolution(out, &family.name, inner);
    }
}

/// A status as the label says it.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum StatusLabel {
    Code(u16),
    Class(u16),
}

impl StatusLabel {
    pub(super) fn push(self, out: &mut String) {
        match self {
            Self::Code(code) => out.push_str(itoa::Buffer::new().format(code)),
            Self::Class(class) => {
                out.push_str(itoa::Buffer::new().format(class));
                out.push_str("xx");
            }
        }
    }
}

/// Sorted codes with their counts, or their classes with the sums.
pub(super) fn statuses(
    codes: &[(u16, u64)],
    grouped: bool,
) -> impl Iterator<Item = (StatusLabel, u64)> {
    let mut rest = codes;
    std::iter::from_fn(move || {
        let (&(code, count), after) = rest.split_first()?;
        if !grouped {
            rest = after;
            return Some((StatusLabel::Code(code), count));
        }
        let class = code / 100;
        let end = rest
            .iter()
            .take_while(|(code, _)| code / 100 == class)
            .count();
        let count = rest[..end].iter().map(|(_, count)| count).sum();
        rest = &rest[end..];
        Some((StatusLabel::Class(class), count))
    })
}

/// How the lines of a histogram begin.
struct HistogramNames {
    bucket: String,
    sum: String,
    count: String,
}

impl HistogramNames {
    fn new(name: &str) -> Self {
        Self {
            bucket: format!("{name}_bucket{{"),
            sum: format!("{name}_sum"),
            count: format!("{name}_count"),
        }
    }
}

fn histogram(out: &mut String, names: &HistogramNames, labels: &str, histogram: &Histogram) {
    let comma = if labels.is_empty() { "" } else { "," };
    let mut below = 0;
    for (end, count) in histogram.bounds.line_ends.iter().zip(&histogram.counts) {
        below += count;
        push_parts(out, [&names.bucket, labels, comma, end]);
        push_number(out, below);
    }
    let braces = if labels.is_empty() {
        ["", " "]
    } else {
        ["{", "} "]
    };
    push_parts(out, [&names.sum, braces[0], labels, braces[1]]);
    push_seconds(out, histogram.sum_nanos());
    push_parts(out, [&names.count, braces[0], labels, braces[1]]);
    push_number(out, below);
}

/// How the two lines of a summary without quantiles begin.
struct SizeNames {
    sum: String,
    count: String,
}

impl SizeNames {
    fn new(name: &str) -> Self {
        Self {
            sum: format!("{name}_sum{{"),
            count: format!("{name}_count{{"),
        }
    }
}

fn sizes(out: &mut String, names: &SizeNames, line_end: &str, bytes: u64, count: u64) {
    push_parts(out, [&names.sum, line_end]);
    push_number(out, bytes);
    push_parts(out, [&names.count, line_end]);
    push_number(out, count);
}

fn high_resolution(out: &mut String, name: &str, inner: &'static Inner) {
    let mut labels = String::new();
    for (name, value) in &inner.recorder.config.custom_labels {
        if !labels.is_empty() {
            labels.push(',');
        }
        label::push_pair(&mut labels, name, value);
    }
    if let Some(overall) = inner.recorder.overall() {
        histogram(out, &HistogramNames::new(name), &labels, &overall);
    }
}

/// One look at the room that is left for all parts of a line.
#[inline]
fn push_parts<const N: usize>(out: &mut String, parts: [&str; N]) {
    out.reserve(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        out.push_str(part);
    }
}

#[inline]
fn push_number(out: &mut String, number: u64) {
    out.push_str(itoa::Buffer::new().format(number));
    out.push('\n');
}

/// Nanoseconds as decimal seconds, exactly.
fn push_seconds(out: &mut String, nanos: u64) {
    out.push_str(itoa::Buffer::new().format(nanos / 1_000_000_000));
    let mut fraction = nanos % 1_000_000_000;
    if fraction > 0 {
        let mut digits = [b'0'; 9];
        for digit in digits.iter_mut().rev() {
            *digit += u8::try_from(fraction % 10).expect("one digit");
            fraction /= 10;
        }
        let digits = std::str::from_utf8(&digits).expect("digits");
        push_parts(out, [".", digits.trim_end_matches('0')]);
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    #[test]
    fn seconds_are_exact() {
        for (nanos, text) in [
            (0, "0\n"),
            (1, "0.000000001\n"),
            (1_500_000_000, "1.5\n"),
            (u64::MAX, "18446744073.709551615\n"),
        ] {
            let mut out = String::new();
            push_seconds(&mut out, nanos);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn statuses_group_by_class() {
        let codes = [(200, 1), (204, 2), (404, 3), (499, 4), (500, 0)];
        let mut text = String::new();
        for (label, count) in statuses(&codes, true) {
            label.push(&mut text);
            write!(text, "={count} ").unwrap();
        }
        assert_eq!(text, "2xx=3 4xx=7 5xx=0 ");
    }
}
