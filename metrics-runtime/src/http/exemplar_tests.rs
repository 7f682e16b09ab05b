//! Which request a scrape shows beside a bucket or a count, under a clock that the tests advance.

use std::{
    cell::Cell, collections::BTreeMap, panic, panic::AssertUnwindSafe, sync::Arc, thread,
    time::Duration,
};

use proptest::prelude::*;

use super::{Http, Record, clock};
use crate::{
    Format,
    config::{Config, ConfigBuilder},
    engine::clock::stopped::{self, advance},
    expose,
    method::Method,
    site::Site,
    trace_id::TraceId,
};

const MINUTE: Duration = Duration::from_secs(60);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A configuration with a hook that nobody calls: the tests name the traces themselves.
fn configured(configure: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> &'static Http {
    let mut builder = configure(Config::builder());
    builder.exemplars = Some(Arc::new(()));
    stopped::at(clock::now());
    Http::new(builder.resolve(|_| None).unwrap())
}

fn http() -> &'static Http {
    configured(|config| config)
}

fn begin(http: &'static Http, site: &'static Site) -> Record {
    let template = || Some("/t".to_owned());
    http.begin(site, Method::Get, clock::now(), template, |work| work())
}

/// A request that takes so long. Returns whether its trace was asked for.
fn serve(
    http: &'static Http,
    site: &'static Site,
    takes: Duration,
    status: u16,
    trace: Option<u128>,
) -> bool {
    let record = begin(http, site);
    advance(takes);
    let asked = Cell::new(false);
    record.finish_traced(status, 0, |_| {
        asked.set(true);
        trace.map(TraceId)
    });
    asked.get()
}

#[derive(Debug, Clone, PartialEq)]
struct Shown {
    trace: u128,
    value: f64,
    timestamp: f64,
}

/// What follows each sample after `#`, by the sample's name and labels.
fn exemplars(http: &'static Http) -> BTreeMap<String, Shown> {
    let text = expose::render(http, Format::OpenMetrics, || {});
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let (sample, exemplar) = line.split_once(" # {trace_id=\"")?;
            let (series, _) = sample.rsplit_once(' ').unwrap();
            let (trace, numbers) = exemplar.split_once("\"} ").unwrap();
            let (value, timestamp) = numbers.split_once(' ').unwrap();
            let shown = Shown {
                trace: u128::from_str_radix(trace, 16).unwrap(),
                value: value.parse().unwrap(),
                timestamp: timestamp.parse().unwrap(),
            };
            Some((series.to_owned(), shown))
        })
        .collect()
}

fn bucket(le: &str) -> String {
    format!(r#"http_request_duration_seconds_bucket{{handler="/t",method="GET",le="{le}"}}"#)
}

fn count(status: &str) -> String {
    format!(r#"http_requests_total{{handler="/t",method="GET",status="{status}"}}"#)
}

fn trace_in(http: &'static Http, series: &str) -> Option<u128> {
    exemplars(http).get(series).map(|shown| shown.trace)
}

#[test]
fn each_bucket_shows_the_slowest_sampled_request_of_the_last_minute() {
    static SITE: Site = Site::new("slowest");
    let http = http();
    let shown = || trace_in(http, &bucket("0.3"));
    assert!(exemplars(http).is_empty());
    // Requests that are not sampled leave it alone, but each is asked for its trace while there is none.
    assert!(serve(http, &SITE, millis(150), 200, None));
    assert!(serve(http, &SITE, millis(150), 200, None));
    assert_eq!(shown(), None);

    assert!(serve(http, &SITE, millis(200), 200, Some(1)));
    assert_eq!(shown(), Some(1));
    assert!(!serve(http, &SITE, millis(190), 200, Some(2)), "faster");
    assert!(serve(http, &SITE, millis(250), 200, None), "slower");
    assert_eq!(shown(), Some(1));
    assert!(serve(http, &SITE, millis(250), 200, Some(3)));
    assert_eq!(shown(), Some(3));

    // A faster one replaces it when it is a minute old.
    advance(MINUTE.checked_sub(millis(300)).unwrap());
    assert!(!serve(http, &SITE, millis(150), 200, Some(4)));
    assert_eq!(shown(), Some(3));
    advance(millis(150));
    assert!(serve(http, &SITE, millis(150), 200, None));
    assert_eq!(shown(), Some(3));
    assert!(serve(http, &SITE, millis(150), 200, Some(5)));
    assert_eq!(shown(), Some(5));

    // Each bucket by itself.
    assert!(serve(http, &SITE, millis(10), 200, Some(6)));
    assert!(serve(http, &SITE, millis(60_000), 200, Some(7)));
    let of_buckets = ["0.05", "0.1", "0.3", "1.0", "3.0", "5.0", "+Inf"];
    let shown = of_buckets.map(|le| trace_in(http, &bucket(le)));
    assert_eq!(shown, [Some(6), None, Some(5), None, None, None, Some(7)]);
}

#[test]
fn reading_changes_nothing() {
    static SITE: Site = Site::new("read");
    let http = http();
    serve(http, &SITE, millis(200), 500, Some(1));
    let first = exemplars(http);
    assert_eq!(first.len(), 2);
    assert_eq!(exemplars(http), first);
    advance(2 * MINUTE);
    assert_eq!(exemplars(http), first);
}

#[test]
fn the_slowest_of_all_threads_is_shown() {
    static SITE: Site = Site::new("threads");
    let http = http();
    let elsewhere = |takes, trace| {
        let now = clock::now();
        thread::spawn(move || {
            stopped::at(now);
            assert!(serve(http, &SITE, takes, 503, Some(trace)));
        })
        .join()
        .unwrap();
    };
    serve(http, &SITE, millis(200), 503, Some(1));
    let shown = || {
        let shown = exemplars(http);
        assert_eq!(shown[&bucket("0.3")].trace, shown[&count("503")].trace);
        shown[&bucket("0.3")].trace
    };
    // A thread that ended gave its shard to the next, so another's may hold several of these.
    elsewhere(millis(150), 2);
    assert_eq!(shown(), 1);
    advance(millis(30_000));
    elsewhere(millis(250), 3);
    assert_eq!(shown(), 3);
    advance(millis(20_000));
    serve(http, &SITE, millis(240), 503, Some(4));
    assert_eq!(shown(), 3);
    // The slowest is older than a minute, and then all are.
    advance(millis(45_000));
    assert_eq!(shown(), 4);
    advance(2 * MINUTE);
    assert_eq!(shown(), 4);
}

#[test]
fn failures_have_exemplars_beside_their_count_and_other_statuses_none() {
    static SITE: Site = Site::new("failures");
    let http = http();
    for (status, trace) in [(200, 1), (404, 2), (500, 3), (503, 4), (599, 5), (600, 6)] {
        serve(
            http,
            &SITE,
            millis(trace * 10),
            status,
            Some(u128::from(trace)),
        );
    }
    let shown = exemplars(http);
    let counts: Vec<_> = shown
        .iter()
        .filter(|(series, _)| series.starts_with("http_requests_total"))
        .map(|(series, shown)| (series.as_str(), shown.trace, shown.value))
        .collect();
    let expected = [("500", 3), ("503", 4), ("599", 5)].map(|(code, trace)| (count(code), trace));
    let expected: Vec<_> = expected
        .iter()
        .map(|(series, trace)| (series.as_str(), *trace, 1.0))
        .collect();
    assert_eq!(counts, expected);
    // A faster one: its bucket and its status are not due.
    assert!(!serve(http, &SITE, millis(1), 503, Some(7)));
    // Its status is, its bucket is not.
    assert!(serve(http, &SITE, millis(1), 502, Some(8)));
    assert_eq!(trace_in(http, &count("502")), Some(8));
    assert_eq!(trace_in(http, &bucket("0.05")), Some(5));
}

#[test]
fn a_group_of_statuses_shows_its_slowest() {
    static SITE: Site = Site::new("grouped");
    let http = configured(|config| config.group_status_codes(true));
    for (status, takes, trace) in [(500, 10, 1), (503, 30, 2), (504, 20, 3), (404, 40, 4)] {
        serve(http, &SITE, millis(takes), status, Some(trace));
    }
    assert_eq!(trace_in(http, &count("5xx")), Some(2));
    assert_eq!(trace_in(http, &count("4xx")), None);
}

#[test]
fn clients_that_left_and_panics_have_none() {
    static SITE: Site = Site::new("unanswered");
    let http = http();
    drop(begin(http, &SITE));
    let record = begin(http, &SITE);
    let panicked = panic::catch_unwind(AssertUnwindSafe(|| {
        let _record = record;
        panic!("a handler may panic");
    }));
    assert!(panicked.is_err());
    let stream = begin(http, &SITE).stream_traced(200, |_| Some(TraceId(1)));
    let panicked = panic::catch_unwind(AssertUnwindSafe(|| {
        let _stream = stream;
        panic!("a stream may panic");
    }));
    assert!(panicked.is_err());
    assert!(exemplars(http).is_empty(), "{:?}", exemplars(http));
    // What is no trace has none either.
    serve(http, &SITE, millis(1), 500, Some(0));
    assert!(exemplars(http).is_empty());
}

#[test]
fn a_stream_is_asked_at_its_head_and_shown_with_the_time_it_took() {
    static SITE: Site = Site::new("stream");
    for at_head in [false, true] {
        let http = configured(|config| config.exclude_streaming_duration(at_head));
        let record = begin(http, &SITE);
        advance(millis(200));
        let stream = record.stream_traced(200, |_| Some(TraceId(1)));
        assert!(exemplars(http).is_empty());
        advance(millis(2_000));
        drop(stream);
        let shown = exemplars(http);
        let expected = if at_head { ("0.3", 0.2) } else { ("3.0", 2.2) };
        assert_eq!(shown.len(), 1, "{shown:?}");
        let value = shown[&bucket(expected.0)].value;
        assert!((expected.1..expected.1 + 0.1).contains(&value), "{value}");
    }
}

#[test]
fn without_a_hook_nobody_is_asked() {
    static SITE: Site = Site::new("off");
    stopped::at(clock::now());
    let http = Http::new(Config::builder().resolve(|_| None).unwrap());
    assert!(!serve(http, &SITE, millis(200), 500, Some(1)));
    let stream = begin(http, &SITE).stream_traced(500, |_| panic!("there is no hook"));
    drop(stream);
    assert!(exemplars(http).is_empty());
}

#[test]
fn timestamps_are_when_the_request_ended_and_the_text_format_has_no_exemplars() {
    static SITE: Site = Site::new("formats");
    let http = http();
    let seconds = || super::exemplars::milliseconds_since_1970() as f64 / 1e3;
    let before = seconds();
    serve(http, &SITE, millis(200), 500, Some(1));
    for shown in exemplars(http).values() {
        assert!((before..=seconds()).contains(&shown.timestamp), "{shown:?}");
    }
    let with = expose::render(http, Format::OpenMetrics, || {});
    assert!(with.lines().any(|line| line.contains(" # {")));
    let text = expose::render(http, Format::Text, || {});
    assert!(
        text.lines()
            .all(|line| line.starts_with('#') || !line.contains('#'))
    );
}

/// The bounds of the bucket that a sample's `le` ends.
fn range(series: &str, bounds: &[f64]) -> (f64, f64) {
    let (_, le) = series.split_once("le=\"").unwrap();
    let upper: f64 = le.trim_end_matches("\"}").parse().unwrap();
    let below = bounds.iter().copied().filter(|bound| *bound < upper);
    (below.fold(f64::NEG_INFINITY, f64::max), upper)
}

proptest! {
    #[test]
    fn an_exemplars_value_lies_in_its_bucket(
        bounds in prop::collection::btree_set(1_u64..1_000_000_000, 1..12),
        // Parts of nanoseconds, in which bounds may be given and durations are not.
        parts in prop::collection::vec(0.0_f64..1.0, 12),
        others in prop::collection::btree_set(1_u64..1_000_000_000, 1..4),
        // All take less than a minute together, and half of them about as long as one of the bounds.
        requests in prop::collection::vec((any::<bool>(), 0_u64..1_400_000_000, 0..12_usize, 0..4_u64), 1..40),
    ) {
        let seconds = |(nanos, part): (&u64, &f64)| (*nanos as f64 + part) / 1e9;
        let bounds: Vec<f64> = bounds.iter().zip(&parts).map(seconds).collect();
        let mut shared = bounds.clone();
        shared.extend(others.iter().map(|nanos| *nanos as f64 / 1e9 + 1.1));
        let [own, shared]: [&'static Site; 2] = [bounds.clone(), shared].map(|bounds| {
            let site = Site::new("own").handler("/t").buckets(Box::leak(bounds.into_boxed_slice()));
            &*Box::leak(Box::new(site))
        });
        let http = http();
        let mut longest = 0.0_f64;
        for (index, (is_near, takes, bound, off)) in requests.into_iter().enumerate() {
            let takes = if is_near {
                let bound = Duration::from_secs_f64(bounds[bound % bounds.len()]);
                (bound + Duration::from_nanos(off)).saturating_sub(Duration::from_nanos(2))
            } else {
                Duration::from_nanos(takes)
            };
            let site = if index % 2 == 0 { own } else { shared };
            serve(http, site, takes, 200, Some(index as u128 + 1));
            longest = longest.max(takes.as_secs_f64());
        }
        let shown = exemplars(http);
        prop_assert!(!shown.is_empty());
        for (series, exemplar) in &shown {
            let (lower, upper) = range(series, &bounds);
            prop_assert!(lower < exemplar.value && exemplar.value <= upper, "{series} {exemplar:?}");
        }
        let slowest = shown.values().map(|shown| shown.value).fold(0.0, f64::max);
        prop_assert!(slowest > longest - 1e-8, "{slowest} of {longest}");
    }
}
