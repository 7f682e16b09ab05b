//! The HTTP families: what each is, and how it is read from a snapshot.

use std::{
    borrow::Cow,
    ops::{Range, RangeInclusive},
};

use smallvec::SmallVec;

use super::{
    Http,
    objectives::{self, MethodObjectives},
    series::{FIRST_STATUSES, MethodSeries, Row, StatusSlot, slot},
};
use crate::{
    config::Config,
    engine::{Buckets, Snapshot, clock},
    label,
    method::Method,
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
        let objectives = self.objectives.into_iter();
        all.into_iter()
            .chain(self.high_resolution)
            .chain(objectives.flat_map(ObjectiveFamilies::into_all))
            .collect()
    }
}

/// The numbers of one moment. Lists are flat, so that each family walks through memory one way.
struct Sums<'a> {
    handlers: Vec<HandlerSums<'a>>,
    methods: Vec<MethodSums<'a>>,
    /// Sorted by code within each method.
    statuses: Vec<(u16, u64)>,
}

struct HandlerSums<'a> {
    row: &'a Row,
    methods: Range<usize>,
    requests: u64,
    received: u64,
    sent: u64,
}

struct MethodSums<'a> {
    method: Method,
    statuses: Range<usize>,
    requests: u64,
    series: &'a [&'static MethodSeries],
    buckets: Cow<'a, Buckets>,
    counts: Cow<'a, [u64]>,
    ticks: u64,
    in_progress: i64,
    received: u64,
    sent: u64,
    objectives: MethodObjectives,
}

impl<'a> Sums<'a> {
    fn new(rows: &'a [Row], snapshot: &'a Snapshot) -> Self {
        let mut sums = Self {
            handlers: Vec::with_capacity(rows.len()),
            methods: Vec::with_capacity(rows.len()),
            statuses: Vec::with_capacity(rows.len() * 2),
        };
        for row in rows {
            if !row.series.excluded {
                sums.add_row(row, snapshot);
            }
        }
        sums
    }

    /// A series may have nothing to show: a record was begun under it and cancelled.
    fn add_row(&mut self, row: &'a Row, snapshot: &'a Snapshot) {
        let first = self.methods.len();
        for same in row.methods.chunk_by(|a, b| a.method == b.method) {
            self.add_method(same, snapshot);
        }
        let methods = &self.methods[first..];
        if methods.is_empty() && !row.series.is_preregistered() {
            return;
        }
        self.handlers.push(HandlerSums {
            row,
            requests: methods.iter().map(|method| method.requests).sum(),
            received: methods.iter().map(|method| method.received).sum(),
            sent: methods.iter().map(|method| method.sent).sum(),
            methods: first..self.methods.len(),
        });
    }

    fn add_method(&mut self, series: &'a [&'static MethodSeries], snapshot: &'a Snapshot) {
        let first = self.statuses.len();
        let mut shown: SmallVec<[(&MethodSeries, &[u64]); 1]> = SmallVec::new();
        let mut sums = MethodSums {
            method: series[0].method,
            statuses: 0..0,
            requests: 0,
            series,
            buckets: Cow::Borrowed(series[0].measure.buckets),
            counts: Cow::Borrowed(&[]),
            ticks: 0,
            in_progress: 0,
            received: 0,
            sent: 0,
            objectives: MethodObjectives::default(),
        };
        for series in series {
            let Some(slots) = snapshot.run(series.run) else {
                continue;
            };
            let in_progress = slots[slot::IN_PROGRESS].cast_signed();
            let was_counted = self.add_statuses(first, series, slots, snapshot);
            if !was_counted && in_progress == 0 && !series.is_preregistered() {
                continue;
            }
            sums.in_progress += in_progress;
            sums.ticks = sums.ticks.wrapping_add(slots[slot::DURATION]);
            sums.received += slots[slot::RECEIVED];
            sums.sent += slots[slot::SENT];
            shown.push((series, &slots[slot::BUCKETS..]));
        }
        match shown[..] {
            [] => return,
            [(series, counts)] => {
                sums.buckets = Cow::Borrowed(series.measure.buckets);
                sums.counts = Cow::Borrowed(counts);
            }
            _ => {
                let (buckets, counts) = in_common_buckets(&shown);
                sums.buckets = Cow::Owned(buckets);
                sums.counts = Cow::Owned(counts);
            }
        }
        for status in FIRST_STATUSES {
            self.add_status(first, status, 0);
        }
        sums.objectives = MethodObjectives::new(&shown, &self.statuses[first..]);
        self.statuses[first..].sort_unstable_by_key(|(code, _)| *code);
        sums.statuses = first..self.statuses.len();
        sums.requests = self.statuses[first..].iter().map(|(_, count)| count).sum();
        sums.in_progress = sums.in_progress.max(0);
        self.methods.push(sums);
    }

    /// Returns whether any status was ever counted.
    fn add_statuses(
        &mut self,
        first: usize,
        series: &MethodSeries,
        slots: &[u64],
        snapshot: &Snapshot,
    ) -> bool {
        let mut was_counted = false;
        for (code, place) in series.codes() {
            let count = match place {
                StatusSlot::InRun(index) => slots[slot::STATUS + index],
                StatusSlot::Own(run) => snapshot.run(run).map_or(0, |slots| slots[0]),
            };
            if count > 0 {
                was_counted = true;
                self.add_status(first, code, count);
            }
        }
        was_counted
    }

    fn add_status(&mut self, first: usize, code: u16, count: u64) {
        let known = &mut self.statuses[first..];
        match known.iter_mut().find(|(known, _)| *known == code) {
            Some((_, sum)) => *sum += count,
            None => self.statuses.push((code, count)),
        }
    }
}

/// Handlers that share a label but not their buckets are shown in the buckets they share.
#[cold]
fn in_common_buckets(shown: &[(&MethodSeries, &[u64])]) -> (Buckets, Vec<u64>) {
    let (first, others) = shown.split_first().expect("there are several");
    let mut bounds = first.0.measure.buckets.bounds.to_vec();
    bounds.retain(|bound| {
        let has = |(other, _): &(&MethodSeries, _)| other.measure.buckets.bounds.contains(bound);
        others.iter().all(has)
    });
    let common = Buckets::new(&bounds);
    let mut counts = vec![0; common.len()];
    for (series, own) in shown {
        let upper = series.measure.buckets.bounds.iter().chain([&f64::INFINITY]);
        for (bound, count) in upper.zip(*own) {
            counts[common.index_of(*bound)] += count;
        }
    }
    (common, counts)
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

impl<'a> Sums<'a> {
    fn per_method(&self) -> impl Iterator<Item = (&'a Row, &MethodSums<'a>)> + Clone {
        self.handlers.iter().flat_map(|handler| {
            let methods = &self.methods[handler.methods.clone()];
            methods.iter().map(|method| (handler.row, method))
        })
    }
}
