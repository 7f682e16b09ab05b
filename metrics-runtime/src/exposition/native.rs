//! Our own families: their label strings were rendered when the series were made, so a line is three copies and a
//! number.

use super::{Format, push_family};
use crate::{
    families::Family,
    label,
    metrics::Inner,
    recorder::snapshot::{Handler, Histogram, Snapshot},
};

pub(super) fn write(out: &mut String, inner: &'static Inner, format: Format) {
    if !inner.recorder.config.enabled {
        return;
    }
    let snapshot = inner.recorder.snapshot();
    let families = &inner.families;
    let grouped = inner.recorder.config.group_status_codes;

    push_family(out, format, &families.requests);
    for handler in &snapshot.handlers {
        requests(out, &families.requests.name, handler, grouped);
    }
    push_family(out, format, &families.duration);
    for handler in &snapshot.handlers {
        durations(out, &families.duration.name, handler);
    }
    for (family, bytes) in [
        (
            &families.request_size,
            Handler::request_bytes as fn(&Handler) -> u64,
        ),
        (&families.response_size, Handler::response_bytes),
    ] {
        push_family(out, format, family);
        for handler in &snapshot.handlers {
            sizes(out, &family.name, handler, bytes(handler));
        }
    }
    push_family(out, format, &families.inprogress);
    for handler in &snapshot.handlers {
        inprogress(out, &families.inprogress.name, handler);
    }
    push_family(out, format, &families.exceptions);
    for handler in &snapshot.handlers {
        exceptions(out, &families.exceptions.name, handler);
    }
    if let Some(family) = &families.high_resolution {
        high_resolution(out, family, inner, &snapshot, format);
    }
}

fn requests(out: &mut String, name: &str, handler: &Handler, grouped: bool) {
    let series = handler.series;
    for method in &handler.methods {
        for (status, count) in statuses(&method.statuses, grouped) {
            push_parts(
                out,
                &[
                    name,
                    "{",
                    &series.head,
                    ",method=\"",
                    method.method.name(),
                    "\",status=\"",
                ],
            );
            status.push(out);
            push_parts(out, &["\"", &series.tail, "} "]);
            push_number(out, count);
        }
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

fn durations(out: &mut String, name: &str, handler: &Handler) {
    let series = handler.series;
    let mut labels = String::new();
    for method in &handler.methods {
        labels.clear();
        push_parts(
            &mut labels,
            &[
                &series.head,
                ",method=\"",
                method.method.name(),
                "\"",
                &series.tail,
            ],
        );
        histogram(out, name, &labels, &method.durations);
    }
}

fn histogram(out: &mut String, name: &str, labels: &str, histogram: &Histogram) {
    let comma = if labels.is_empty() { "" } else { "," };
    let mut below = 0;
    for (end, count) in histogram.bounds.line_ends.iter().zip(&histogram.counts) {
        below += count;
        push_parts(out, &[name, "_bucket{", labels, comma, end]);
        push_number(out, below);
    }
    push_sample_name(out, name, "_sum", labels);
    push_seconds(out, histogram.sum_nanos);
    push_sample_name(out, name, "_count", labels);
    push_number(out, below);
}

fn sizes(out: &mut String, name: &str, handler: &Handler, bytes: u64) {
    let series = handler.series;
    push_parts(out, &[name, "_sum{", &series.head, &series.tail, "} "]);
    push_number(out, bytes);
    push_parts(out, &[name, "_count{", &series.head, &series.tail, "} "]);
    push_number(out, handler.requests());
}

fn inprogress(out: &mut String, name: &str, handler: &Handler) {
    let series = handler.series;
    for method in &handler.methods {
        push_parts(
            out,
            &[
                name,
                "{",
                &series.head,
                ",method=\"",
                method.method.name(),
                "\"",
                &series.tail,
                "} ",
            ],
        );
        out.push_str(itoa::Buffer::new().format(method.inprogress));
        out.push('\n');
    }
}

fn exceptions(out: &mut String, name: &str, handler: &Handler) {
    let series = handler.series;
    for (exception, count) in &handler.exceptions {
        push_parts(out, &[name, "{", &series.head, ",exception_type=\""]);
        label::push_escaped(out, exception, true);
        push_parts(out, &["\"", &series.tail, "} "]);
        push_number(out, *count);
    }
}

fn high_resolution(
    out: &mut String,
    family: &Family,
    inner: &Inner,
    snapshot: &Snapshot,
    format: Format,
) {
    push_family(out, format, family);
    let mut labels = String::new();
    for (name, value) in &inner.recorder.config.custom_labels {
        if !labels.is_empty() {
            labels.push(',');
        }
        label::push_pair(&mut labels, name, value);
    }
    if let Some(overall) = &snapshot.overall {
        histogram(out, &family.name, &labels, overall);
    }
}

#[inline]
fn push_parts(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}

fn push_sample_name(out: &mut String, name: &str, suffix: &str, labels: &str) {
    if labels.is_empty() {
        push_parts(out, &[name, suffix, " "]);
    } else {
        push_parts(out, &[name, suffix, "{", labels, "} "]);
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
    let fraction = nanos % 1_000_000_000;
    if fraction > 0 {
        let digits = format!(".{fraction:09}");
        out.push_str(digits.trim_end_matches('0'));
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
