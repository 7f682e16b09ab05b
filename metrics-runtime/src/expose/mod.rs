//! What `/metrics` answers with: every family of a [`Source`] in one of two formats, as text or compressed.

mod artifacts;
mod bridge;
mod catalogue;
mod custom_registry;
mod gzip;
mod registration;
#[cfg(test)]
mod tests;
mod text;
mod value;

use std::io;

pub use self::artifacts::{Artifacts, ArtifactsError};
use self::{bridge::Bridge, gzip::Compressed, text::TextEncoder};
pub(crate) use self::{
    bridge::collect_registry, catalogue::Catalogue, registration::Registration, value::Lookup,
};
use crate::metric::Encoder;

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

/// Something that gives its families to an encoder.
pub(crate) trait Source {
    /// All that `/metrics` shows.
    fn encode<E: Encoder>(&self, encoder: &mut E);

    /// Without what other collectors of the registry have.
    fn encode_own<E: Encoder>(&self, encoder: &mut E);
}

/// The whole text. `pause` is called after every block.
pub(crate) fn render(source: &impl Source, format: Format, pause: impl Fn()) -> String {
    let mut encoder = TextEncoder::new(format, |text: &mut String| {
        pause();
        text.len()
    });
    source.encode(&mut encoder);
    encoder.finish()
}

/// The whole text as a gzip file. `pause` is called after every block.
///
/// # Errors
/// The compressor's.
pub(crate) fn render_gzip(
    source: &impl Source,
    format: Format,
    pause: impl Fn(),
) -> io::Result<Vec<u8>> {
    let mut compressed = Compressed::new();
    let mut encoder = TextEncoder::new(format, |text: &mut String| {
        compressed.push(text);
        text.clear();
        pause();
        0
    });
    source.encode(&mut encoder);
    let rest = encoder.finish();
    compressed.push(&rest);
    compressed.finish()
}
