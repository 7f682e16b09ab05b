//! The HTTP families: what each is, and how it is read from a snapshot.

use std::ops::RangeInclusive;

use super::{
    Http, objectives,
    sums::{HandlerSums, Sums},
};
use crate::{
    config::Config,
    engine::{Snapshot, clock},
    label,
    metric::{Collect, Descriptor, Encoder, Kind, ObjectiveFamilies, Sum, Value},
};

/// The families of one configuration, in the order in which they are shown.
pub(super) struct Families {
    requests: Descriptor,
    duration: Descriptor,
    request_size: Descriptor,
    response_size: Descriptor,
    in_progress: Descriptor,
    exceptions: Descriptor,
    high_resolution: Option<Descriptor>,
    objectives: Option<ObjectiveFamilies>,
}

impl Families {
    pub(super) fn new(config: &Config) -> Self {
        let family = |name: &str, kind, unit, help: &'static str| Descriptor {
            name: format!("{}{name}", config.prefix),
            kind,
            help: help.into(),
            unit,
        };
        Self {
            requests: family(
                "http_requests_total",
                Kind::Counter,
                None,
                "Requests that reached a handler, by the status their client saw.",
            ),
            duration: family(
                "http_request_duration_seconds",
                Kind::Histogram,
                Some("seconds"),
                "Time from the start of extraction to the end of the response.",
            ),
            request_size: family(
                "http_request_size_bytes",
                Kind::Summary,
                Some("bytes"),
                "Size of request bodies.",
            ),
            response_size: family(
                "http_response_size_bytes",
                Kind::Summary,
                Some("bytes"),
                "Size of response bodies as produced.",
            ),
            in_progress: family(
                config
                    .inprogress_name
                    .as_deref()
                    .unwrap_or("http_requests_inprogress"),
                Kind::Gauge,
                None,
                "Requests begun and not yet answered to the last byte.",
            ),
            exceptions: family(
                "http_exceptions_total",
                Kind::Counter,
                None,
                "Handlers that returned an error, by its type, or panicked.",
            ),
            high_resolution: config.high_resolution_latency.then(|| {
                family(
                    "http_request_duration_highr_seconds",
                    Kind::Histogram,
                    Some("seconds"),
                    "Time of all requests, in many buckets and without labels.",
                )
            }),
            objectives: objectives::families(config),
        }
    }

    pub(super) fn into_all(self) -> Vec<Descriptor> {
        let all = [
            self.requests,
            self.duration,
            self.request_size,
            self.response_size,
            self.in_progress,
            self.exceptions,
        ];
        let objectives = self.objectives.iter();
        all.into_iter()
            .chain(self.high_resolution)
            .chain(objectives.flat_map(ObjectiveFamilies::all).cloned())
            .collect()
    }
}

impl Collect for Http {
    fn collect<E: Encoder>(&self, snapshot: &Snapshot, encoder: &mut E) {
        let rows = self.table.rows();
        let sums = Sums::new(&rows, snapshot);
        let families = &self.families;
        self.collect_requests(&sums, encoder);

        encoder.family(&families.duration);
        for (row, method) in sums.per_method() {
            let value = Value::Histogram {
                le: &method.buckets.le,
                counts: &method.counts,
                sum: Sum::Nanos(clock::nanos(method.ticks)),
            };
            encoder.sample_with_exemplars(
                &[row.series.prefix, method.method.label(), row.series.suffix],
                value,
                &self.bucket_exemplars(method.series, &method.buckets),
            );
        }
        let size = |sum, handler: &HandlerSums<'_>| Value::Summary {
            quantiles: &[],
            sum: Sum::Integer(sum),
            count: handler.requests,
        };
        encoder.family(&families.request_size);
        for handler in &sums.handlers {
            encoder.sample(
                &[handler.row.series.prefix, handler.row.series.suffix],
                size(handler.received, handler),
            );
        }
        encoder.family(&families.response_size);
        for handler in &sums.handlers {
            encoder.sample(
                &[handler.row.series.prefix, handler.row.series.suffix],
                size(handler.sent, handler),
            );
        }
        encoder.family(&families.in_progress);
        for (row, method) in sums.per_method() {
            let labels = [row.series.prefix, method.method.label(), row.series.suffix];
            encoder.sample(&labels, Value::Signed(method.in_progress));
        }
        encoder.family(&families.exceptions);
        for handler in &sums.handlers {
            for error in &handler.row.errors {
                if let Some(count) = snapshot.run(error.run)
                    && (error.preregistered || count[0] > 0)
                {
                    let labels = [
                        handler.row.series.prefix,
                        error.label,
                        handler.row.series.suffix,
                    ];
                    encoder.sample(&labels, Value::Integer(count[0]));
                }
            }
        }
        self.collect_high_resolution(snapshot, encoder);
        let methods = sums.per_method();
        let methods = methods.map(|(row, sums)| (row.series, sums.method, &sums.objectives));
        objectives::collect(families.objectives.as_ref(), methods, encoder);
    }
}

impl Http {
    fn collect_requests<E: Encoder>(&self, sums: &Sums<'_>, encoder: &mut E) {
        encoder.family(&self.families.requests);
        let mut code = itoa::Buffer::new();
        for (row, method) in sums.per_method() {
            let statuses = &sums.statuses[method.statuses.clone()];
            let mut sample = |status: u16, class, counted: RangeInclusive<u16>, count| {
                let exemplar = self.status_exemplar(method.series, counted);
                let status = code.format(status);
                let (prefix, suffix) = (row.series.prefix, row.series.suffix);
                let method = method.method.label();
                let labels = [prefix, method, ",status=\"", status, class, "\"", suffix];
                encoder.sample_with_exemplars(&labels, Value::Integer(count), &[exemplar]);
            };
            if self.config.group_status_codes {
                for class in statuses.chunk_by(|(a, _), (b, _)| a / 100 == b / 100) {
                    let count = class.iter().map(|(_, count)| count).sum();
                    let first = class[0].0 / 100;
                    sample(first, "xx", first * 100..=first * 100 + 99, count);
                }
            } else {
                for (status, count) in statuses {
                    sample(*status, "", *status..=*status, *count);
                }
            }
        }
    }

    fn collect_high_resolution<E: Encoder>(&self, snapshot: &Snapshot, encoder: &mut E) {
        let (Some(family), Some(overall)) = (&self.families.high_resolution, self.high_resolution)
        else {
            return;
        };
        encoder.family(family);
        let Some(slots) = snapshot.run(overall.run) else {
            return;
        };
        let labels = label::pairs(&self.config.custom_labels);
        let value = Value::Histogram {
            le: &overall.buckets.le,
            counts: &slots[1..],
            sum: Sum::Nanos(clock::nanos(slots[0])),
        };
        encoder.sample(&[&labels], value);
    }
}
