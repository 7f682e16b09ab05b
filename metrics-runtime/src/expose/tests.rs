//! Both writers, read back by a reader of the formats' grammar: whatever goes in comes out equal.

use std::{cell::Cell, io::Read};

use flate2::read::GzDecoder;
use prometheus::{Gauge, Histogram, HistogramOpts, IntCounter, Opts, Registry};
use proptest::prelude::*;

use super::{BLOCK, Format, render, render_gzip};
use crate::{Config, Metrics, engine::clock, http::Record, method::Method, site::Site};

#[allow(
    dead_code,
    unreachable_pub,
    reason = "shared with tests that need more of it"
)]
#[path = "../../../tests/support/exposition.rs"]
mod exposition;

use exposition::{Document, Labels, Sample};

fn read(text: &str, format: Format) -> Document {
    let document = match format {
        Format::Text => Document::parse_text(text),
        Format::OpenMetrics => Document::parse_openmetrics(text),
    };
    document.unwrap_or_else(|fault| panic!("{fault}\n{text}"))
}

fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || a == b || (a.is_nan() && b.is_nan())
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn begin(metrics: Metrics, site: &'static Site, method: Method, handler: &str) -> Record {
    let template = || Some(handler.to_owned());
    let http = metrics.0.http;
    http.begin(site, method, clock::now(), template, |work| work())
}

proptest! {
    #[test]
    fn whatever_is_recorded_reads_back(
        handler in any::<String>(),
        constant in "(?s).+",
        other in any::<String>(),
        help in any::<String>(),
        namespace in "[a-zA-Z_][a-zA-Z0-9_]{0,8}",
        number in any::<f64>(),
        statuses in prop::collection::vec(100_u16..1000, 1..8),
    ) {
        static SITE: Site = Site::new("property");
        prop_assume!(!help.is_empty());
        let registry = Registry::new();
        let gauge = Gauge::with_opts(Opts::new("other_gauge", &help).const_label("other", &other)).unwrap();
        gauge.set(number);
        registry.register(Box::new(gauge)).unwrap();
        let buckets = HistogramOpts::new("other_histogram", "h").buckets(vec![0.5, 1.0]);
        let histogram = Histogram::with_opts(buckets).unwrap();
        histogram.observe(0.75);
        registry.register(Box::new(histogram)).unwrap();
        let counter = IntCounter::new("other_events", "e").unwrap();
        counter.inc_by(3);
        registry.register(Box::new(counter)).unwrap();

        let config = Config::builder()
            .namespace(&namespace)
            .custom_label("constant", &constant)
            .registry(registry)
            .build()
            .unwrap();
        let metrics = Metrics::new(config).unwrap();
        for status in &statuses {
            begin(metrics, &SITE, Method::Put, &handler).finish(*status, 7);
        }

        for format in [Format::Text, Format::OpenMetrics] {
            let document = read(&metrics.render(format), format);
            for status in &statuses {
                let code = status.to_string();
                let expected = statuses.iter().filter(|other| *other == status).count() as f64;
                let name = format!("{namespace}_http_requests_total");
                let labels = labels(&[("handler", &handler), ("method", "PUT"), ("status", &code), ("constant", &constant)]);
                prop_assert_eq!(document.value(&name, &labels), Some(expected));
            }
            let of_handler = labels(&[("handler", &handler), ("constant", &constant)]);
            let sizes = format!("{namespace}_http_response_size_bytes_sum");
            prop_assert_eq!(document.value(&sizes, &of_handler), Some(statuses.len() as f64 * 7.0));
            let gauge = document.value("other_gauge", &labels(&[("other", &other)])).unwrap();
            prop_assert!(same(gauge, number), "{} {}", gauge, number);
            prop_assert_eq!(document.family("other_gauge").unwrap().help.as_ref(), Some(&help));
            let one = labels(&[("le", "1.0")]);
            prop_assert_eq!(document.value("other_histogram_bucket", &one), Some(1.0));
            let (events, family) = match format {
                Format::Text => ("other_events", "other_events"),
                Format::OpenMetrics => ("other_events_total", "other_events"),
            };
            prop_assert_eq!(document.value(events, &Labels::new()), Some(3.0));
            prop_assert_eq!(&document.family(family).unwrap().kind, "counter");
        }
    }
}

#[test]
fn our_names_cannot_be_taken() {
    let registry = Registry::new();
    let ours = Config::builder()
        .registry(registry.clone())
        .build()
        .unwrap();
    Metrics::new(ours.clone()).unwrap();
    let thief = IntCounter::new("http_requests_total", "mine").unwrap();
    assert!(registry.register(Box::new(thief)).is_err());
    let error = Metrics::new(ours).unwrap_err().to_string();
    assert!(
        error.contains("another collector has one of their names"),
        "{error}"
    );
}

#[test]
fn gathering_the_registry_says_what_the_endpoint_says() {
    static SITE: Site = Site::new("gathered").labels(&[("team", "catalog")]);
    let config = Config::builder()
        .registry(Registry::new())
        .high_resolution_latency(true)
        .custom_label("service", "orders")
        .build()
        .unwrap();
    let metrics = Metrics::new(config).unwrap();
    begin(metrics, &SITE, Method::Get, "/x").finish(200, 0);

    let mut gathered = String::new();
    prometheus::TextEncoder::new()
        .encode_utf8(&metrics.registry().gather(), &mut gathered)
        .unwrap();
    let gathered = read(&gathered, Format::Text);
    let written = read(&metrics.render(Format::Text), Format::Text);
    // The crate's encoder writes a bound of one second as `1`.
    for Sample {
        name,
        labels,
        value,
        series,
        ..
    } in written.samples()
    {
        if labels.get("le").is_none_or(|le| !le.ends_with(".0")) {
            assert_eq!(gathered.value(name, labels), Some(*value), "{series}");
        }
    }
    for family in &written.families {
        let other = gathered.family(&family.name).unwrap();
        assert_eq!(
            (&other.kind, &other.help),
            (&family.kind, &family.help),
            "{}",
            family.name
        );
    }
    assert_eq!(gathered.families.len(), written.families.len());
}

#[test]
fn rendering_pauses_after_every_block() {
    static SITE: Site = Site::new("paused");
    let config = Config::builder().registry(Registry::new()).build().unwrap();
    let metrics = Metrics::new(config).unwrap();
    for handler in 0..200 {
        begin(metrics, &SITE, Method::Get, &format!("/{handler}")).finish(200, 0);
    }
    let pauses = Cell::new(0);
    let text = render(metrics.0, Format::Text, || pauses.set(pauses.get() + 1));
    assert!(text.len() > 3 * BLOCK);
    // A handler's lines end a block, so it may be a little longer.
    let blocks = text.len() / (BLOCK + BLOCK / 16)..=text.len() / BLOCK;
    assert!(
        blocks.contains(&pauses.get()),
        "{} of {blocks:?}",
        pauses.get()
    );
    let compressed = render_gzip(metrics.0, Format::Text, || {}).unwrap();
    let mut read = String::new();
    GzDecoder::new(&compressed[..])
        .read_to_string(&mut read)
        .unwrap();
    assert_eq!(read, text);
}

/// The whole document, byte for byte but for the durations' sums.
#[test]
fn golden() {
    static LIST: Site = Site::new("list")
        .handler("/items")
        .labels(&[("team", "catalog")]);
    static ITEM: Site = Site::new("item").buckets(&[0.5, 1.0, 60.0]);
    let registry = Registry::new();
    let opts = Opts::new("queue_depth", "Jobs that \"wait\"").const_label("queue", "mail");
    let depth = Gauge::with_opts(opts).unwrap();
    depth.set(2.5);
    registry.register(Box::new(depth)).unwrap();
    let config = Config::builder()
        .namespace("shop")
        .custom_label("service", "orders")
        .registry(registry)
        .build()
        .unwrap();
    let metrics = Metrics::new(config).unwrap();
    for (site, method, status, bytes) in [
        (&LIST, Method::Get, 200, 10),
        (&LIST, Method::Post, 201, 2),
        (&ITEM, Method::Get, 404, 0),
    ] {
        let record = begin(metrics, site, method, "/api/{id}");
        if status == 404 {
            record
                .failures()
                .count("core::result::Result<(), shop::NotFound>");
        }
        record.finish(status, bytes);
    }
    for (format, golden) in [
        (Format::Text, include_str!("golden/text.txt")),
        (Format::OpenMetrics, include_str!("golden/openmetrics.txt")),
    ] {
        let written: String = metrics
            .render(format)
            .lines()
            .map(|line| match line.split_once("_seconds_sum{") {
                Some(_) => format!("{} SECONDS\n", line.rsplit_once(' ').unwrap().0),
                None => format!("{line}\n"),
            })
            .collect();
        assert_eq!(written, golden, "{format:?}:\n{written}");
    }
}
