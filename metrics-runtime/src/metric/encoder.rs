//! The walk over families and their series, generic so that a printed line is a few copies and a number.

use super::Descriptor;
use crate::{engine::Snapshot, trace_id::TraceId};

/// Something that has families: HTTP, tasks, business metrics, objectives.
pub(crate) trait Collect {
    /// Gives every family and its series to the encoder, each family once.
    fn collect<E: Encoder>(&self, snapshot: &Snapshot, encoder: &mut E);
}

/// Something that takes families: text, the `prometheus` crate's structs, a look-up of one value.
pub(crate) trait Encoder {
    /// Begins a family; its samples follow.
    fn family(&mut self, descriptor: &Descriptor);

    /// The seconds that the objective whose sample follows allows an event. Only encoders that describe objectives keep
    /// it: the formats of Prometheus do not have it.
    fn threshold(&mut self, _seconds: Option<f64>) {}

    /// A series of the family. The labels are escaped text in parts to be joined: `handler="/x"`, `,method="GET"`.
    fn sample(&mut self, labels: &[&str], value: Value<'_>) {
        self.sample_at(labels, value, None);
    }

    /// The same with exemplars: one or none for each bucket of a histogram, one at most for a counter.
    ///
    /// Formats that have no exemplars leave them out.
    fn sample_with_exemplars(
        &mut self,
        labels: &[&str],
        value: Value<'_>,
        exemplars: &[Option<Exemplar>],
    ) {
        let _ = exemplars;
        self.sample(labels, value);
    }

    /// The same with a timestamp in milliseconds, which only other collectors give.
    fn sample_at(&mut self, labels: &[&str], value: Value<'_>, timestamp: Option<i64>);
}

#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Integer(u64),
    Signed(i64),
    Float(f64),
    Histogram {
        /// The `le` label's text of each bucket, `+Inf` last.
        le: &'a [Box<str>],
        /// What fell into each bucket, not cumulative.
        counts: &'a [u64],
        sum: Sum,
    },
    Summary {
        /// Only other collectors have quantiles.
        quantiles: &'a [(f64, f64)],
        sum: Sum,
        count: u64,
    },
}

/// The trace of an event that a sample counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Exemplar {
    pub(crate) trace: TraceId,
    pub(crate) value: Sum,
    /// Milliseconds since 1970.
    pub(crate) timestamp: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Sum {
    Integer(u64),
    /// Printed as seconds, exactly.
    Nanos(u64),
    Float(f64),
}

impl Sum {
    pub(crate) fn to_float(self) -> f64 {
        match self {
            Self::Integer(sum) => sum as f64,
            Self::Nanos(nanos) => nanos as f64 / 1e9,
            Self::Float(sum) => sum,
        }
    }
}
