//! What `/metrics` says: our families from a snapshot, then what else the registry holds, in one of two formats, as text
//! or compressed.

mod collector;
mod foreign;
pub(crate) mod gzip;
mod native;
#[cfg(test)]
mod tests;

use std::sync::atomic::Ordering::Relaxed;

pub(crate) use self::collector::HttpCollector;
use crate::{families::Family, label, metrics::Inner};

/// Label of requests that matched no resource.
pub(crate) const NO_HANDLER: &str = "none";

/// A format `/metrics` can be had in.
///
/// ```
/// use metrics_runtime::{Format, render};
///
/// assert!(render(Format::OpenMetrics).ends_with("# EOF\n"));
/// assert!(Format::Text.content_type().starts_with("text/plain"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// The Prometheus text format, version 0.0.4.
    #[default]
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl Format {
    /// The value of the `Content-Type` header.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// So much text is written at a stretch: it takes some tens of microseconds.
const BLOCK: usize = 32 * 1024;

/// Everything the recorder and its registry hold. `pause` is called after every block.
pub(crate) fn render(inner: &'static Inner, format: Format, pause: impl Fn()) -> String {
    let last_len = inner.last_len.load(Relaxed);
    let mut out = Output {
        text: String::with_capacity(last_len + last_len / 16),
        block_end: BLOCK,
        at_block: &mut |_| pause(),
    };
    if inner.recorder.config.enabled {
        let snapshot = inner.recorder.snapshot();
        for mut family in native::per_handler(inner, format) {
            let mut handlers = 0..snapshot.len();
            loop {
                let enough = out.block_end;
                handlers.start = family.push(&mut out.text, &snapshot, handlers.clone(), enough);
                out.end_block_if_full();
                if handlers.is_empty() {
                    break;
                }
            }
        }
    }
    out.push_rest(inner, format);
    let text = out.text;
    inner.last_len.store(text.len(), Relaxed);
    text
}

/// Where the writers write.
struct Output<'a> {
    text: String,
    /// How long the text is when its last block is full.
    block_end: usize,
    at_block: &'a mut dyn FnMut(&mut String),
}

impl Output<'_> {
    /// What is not there for each handler.
    fn push_rest(&mut self, inner: &'static Inner, format: Format) {
        if inner.recorder.config.enabled {
            native::push_high_resolution(&mut self.text, inner, format);
        }
        foreign::write(self, &collector::gather_others(inner), format);
        if format == Format::OpenMetrics {
            self.text.push_str("# EOF\n");
        }
    }

    /// Writes the lines of each item.
    fn each<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut String, T),
    ) {
        for item in items {
            write(&mut self.text, item);
            self.end_block_if_full();
        }
    }

    fn end_block_if_full(&mut self) {
        if self.text.len() >= self.block_end {
            (self.at_block)(&mut self.text);
            self.block_end = self.text.len() + BLOCK;
        }
    }
}

/// `# HELP`, `# TYPE` and, in OpenMetrics, `# UNIT`.
fn push_head(
    out: &mut String,
    format: Format,
    name: &str,
    kind: &str,
    unit: Option<&str>,
    help: &str,
) {
    let line = |out: &mut String, word: &str, text: &str| {
        out.push_str("# ");
        out.push_str(word);
        out.push(' ');
        out.push_str(name);
        out.push(' ');
        label::push_escaped(out, text, word == "HELP" && format == Format::OpenMetrics);
        out.push('\n');
    };
    match format {
        Format::Text => {
            if !help.is_empty() {
                line(out, "HELP", help);
            }
            line(out, "TYPE", kind);
        }
        Format::OpenMetrics => {
            line(out, "TYPE", kind);
            if let Some(unit) = unit {
                line(out, "UNIT", unit);
            }
            if !help.is_empty() {
                line(out, "HELP", help);
            }
        }
    }
}

/// The name a family's head bears: OpenMetrics names a counter without `_total`.
fn head_name(name: &str, counter: bool, format: Format) -> &str {
    match format {
        Format::OpenMetrics if counter => name.strip_suffix("_total").unwrap_or(name),
        _ => name,
    }
}

fn push_family(out: &mut String, format: Format, family: &Family) {
    let name = head_name(
        &family.name,
        family.kind == crate::families::Kind::Counter,
        format,
    );
    push_head(
        out,
        format,
        name,
        family.kind.name(),
        family.unit,
        family.help,
    );
}
