//! Our own families: their label strings were rendered when the series were made, so a line is a few copies and a
//! number.

use std::ops::Range;

use super::{Format, push_family};
use crate::{
    families::Family,
    label,
    metrics::Inner,
    recorder::snapshot::{Changed, Handler, Histogram, Snapshot},
};

/// A family that has lines for each handler.
pub(super) struct PerHandler {
    head: String,
    lines: Lines,
    /// Whether a handler's lines may not be what they were.
    is_changed: fn(Changed) -> bool,
}

/// Writes some handlers' lines until the text is so long. Says before which handler it stopped.
type Lines = Box<dyn FnMut(&mut String, &Snapshot, Range<usize>, usize) -> usize>;

impl PerHandler {
    /// Writes some handlers, after the head if they are the first, until the text is so long. Says before which it
    /// stopped.
    pub(super) fn push(
        &mut self,
        out: &mut String,
        snapshot: &Snapshot,
        handlers: Range<usize>,
        enough: usize,
    ) -> usize {
        if handlers.start == 0 {
            out.push_str(&self.head);
        }
        (self.lines)(out, snapshot, handlers, enough)
    }

    pub(super) fn is_changed(&self, handler: Changed) -> bool {
        (self.is_changed)(handler)
    }
}

fn each(mut push: impl FnMut(&mut String, &Handler<'_>) + 'static) -> Lines {
    Box::new(move |out, snapshot, handlers, enough| {
        for index in handlers.clone() {
            if let Some(handler) = snapshot.handler(index) {
                push(out, &handler);
            }
            if out.len() >= enough {
                return index + 1;
            }
        }
        handlers.end
    })
}

/// In the order they are shown.
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method is for handlers of one lifetime, a closure for those of any"
)]
pub(super) fn per_handler(inner: &'static Inner, format: Format) -> [PerHandler; 6] {
    let families = &inner.families;
    let grouped = inner.recorder.config.group_status_codes;
    let family = |family: &Family, is_changed, lines: &dyn Fn(&str) -> Lines| {
        let mut head = String::new();
        push_family(&mut head, format, family);
        PerHandler {
            head,
            lines: lines(&family.name),
            is_changed,
        }
    };
    let counted = |handler: Changed| handler.requests;
    [
        family(&families.requests, counted, &|name| requests(name, grouped)),
        family(&families.duration, counted, &durations),
        family(&families.request_size, counted, &|name| {
            sizes(name, |handler| handler.request_bytes())
        }),
        family(&families.response_size, counted, &|name| {
            sizes(name, |handler| handler.response_bytes())
        }),
        family(
            &families.inprogress,
            |handler| handler.inprogress,
            &inprogress,
        ),
        family(
            &families.exceptions,
            |handler| handler.exceptions,
            &exceptions,
        ),
    ]
}

fn requests(name: &str, grouped: bool) -> Lines {
    let start = format!("{name}{{");
    let mut labels = String::new();
    each(move |out, handler| {
        let Handler { head, tail, .. } = handler;
        for method in handler.methods() {
            labels.clear();
            push_parts(
                &mut labels,
                [&start, head, method.method.label(), ",status=\""],
            );
            for (status, count) in statuses(method.statuses, grouped) {
                out.push_str(&labels);
                status.push(out);
                push_parts(out, ["\"", tail, "} "]);
                push_number(out, count);
            }
        }
    })
}

fn durations(name: &str) -> Lines {
    let mut lines = HistogramLines::new(name);
    let mut labels = String::new();
    each(move |out, handler| {
        let Handler { head, tail, .. } = handler;
        for method in handler.methods() {
            labels.clear();
            push_parts(&mut labels, [head, method.method.label(), tail]);
            lines.push(out, &labels, &method.durations);
        }
    })
}

/// A summary without quantiles.
fn sizes(name: &str, bytes: impl Fn(&Handler<'_>) -> u64 + 'static) -> Lines {
    let [sum, count] = ["sum", "count"].map(|part| format!("{name}_{part}{{"));
    each(move |out, handler| {
        let Handler { head, tail, .. } = handler;
        push_parts(out, [&sum, head, tail, "} "]);
        push_number(out, bytes(handler));
        push_parts(out, [&count, head, tail, "} "]);
        push_number(out, handler.requests());
    })
}

fn inprogress(name: &str) -> Lines {
    let start = format!("{name}{{");
    each(move |out, handler| {
        let Handler { head, tail, .. } = handler;
        for method in handler.methods() {
            push_parts(out, [&start, head, method.method.label(), tail, "} "]);
            out.push_str(itoa::Buffer::new().format(method.inprogress));
            out.push('\n');
        }
    })
}

fn exceptions(name: &str) -> Lines {
    let start = format!("{name}{{");
    each(move |out, handler| {
        let Handler { head, tail, .. } = handler;
        for (exception, count) in handler.exceptions {
            push_parts(out, [&start, head, ",exception_type=\""]);
            label::push_escaped(out, exception, true);
            push_parts(out, ["\"", tail, "} "]);
            push_number(out, *count);
        }
    })
}

/// The family of all handlers together, where the configuration asks for it.
pub(super) fn push_high_resolution(out: &mut String, inner: &'static Inner, format: Format) {
    let recorder = inner.recorder;
    let Some(family) = &inner.families.high_resolution else {
        return;
    };
    push_family(out, format, family);
    let mut labels = String::new();
    for (name, value) in &recorder.config.custom_labels {
        if !labels.is_empty() {
            labels.push(',');
        }
        label::push_pair(&mut labels, name, value);
    }
    recorder.overall(|overall| HistogramLines::new(&family.name).push(out, &labels, &overall));
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
struct HistogramLines {
    bucket: String,
    sum: String,
    count: String,
    /// `bucket` with the labels of the histogram at hand: most lines by far begin with it.
    with_labels: String,
}

impl HistogramLines {
    fn new(name: &str) -> Self {
        Self {
            bucket: format!("{name}_bucket{{"),
            sum: format!("{name}_sum"),
            count: format!("{name}_count"),
            with_labels: String::new(),
        }
    }

    fn push(&mut self, out: &mut String, labels: &str, histogram: &Histogram<'_>) {
        let [comma, open, close] = match labels {
            "" => ["", "", " "],
            _ => [",", "{", "} "],
        };
        self.with_labels.clear();
        push_parts(&mut self.with_labels, [&self.bucket, labels, comma]);
        let mut below = 0;
        for (end, count) in histogram.bounds.line_ends.iter().zip(histogram.counts) {
            below += count;
            push_parts(out, [&self.with_labels, end]);
            push_number(out, below);
        }
        push_parts(out, [&self.sum, open, labels, close]);
        push_seconds(out, histogram.sum_nanos());
        push_parts(out, [&self.count, open, labels, close]);
        push_number(out, below);
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
