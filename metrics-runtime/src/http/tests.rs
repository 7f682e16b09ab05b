//! The engine under threads: exact totals, values that never go back, threads that come and go.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
};

use super::{Http, Received, Record, clock};
use crate::{
    config::Config,
    engine::{Snapshot, shard},
    expose::{Lookup, Source},
    method::Method,
    metric::{Collect, Encoder},
    site::Site,
};

const THREADS: u64 = 4;
const REQUESTS: u64 = 1_000_000;

impl Source for Http {
    fn encode<E: Encoder>(&self, encoder: &mut E) {
        self.encode_own(encoder);
    }

    fn encode_own<E: Encoder>(&self, encoder: &mut E) {
        self.collect(&Snapshot::take(), encoder);
    }
}

fn http() -> &'static Http {
    let config = Config::builder()
        .high_resolution_latency(true)
        .resolve(|_| None)
        .unwrap();
    Http::new(config)
}

fn begin(http: &'static Http, site: &'static Site) -> Record {
    let template = || Some("/t".to_owned());
    http.begin(site, Method::Get, clock::now(), template, |work| work())
}

fn serve(http: &'static Http, site: &'static Site, status: u16, bytes: u64) {
    begin(http, site).finish(status, bytes);
}

/// A sample of the handler `/t`.
fn value(http: &'static Http, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let mut all = vec![("handler", "/t")];
    all.extend(labels);
    let mut lookup = Lookup::new(name, &all, &[]);
    http.encode(&mut lookup);
    lookup.found
}

fn requests(http: &'static Http, status: &str) -> Option<f64> {
    let labels = [("method", "GET"), ("status", status)];
    value(http, "http_requests_total", &labels)
}

fn in_progress(http: &'static Http) -> Option<f64> {
    value(http, "http_requests_inprogress", &[("method", "GET")])
}

/// Every line that may only rise.
fn counters(http: &'static Http) -> BTreeMap<String, f64> {
    let text = crate::expose::render(http, crate::Format::Text, || {});
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter(|line| !line.contains("inprogress"))
        .map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            (series.to_owned(), value.parse().unwrap())
        })
        .collect()
}

#[test]
fn exact_and_monotonic_while_scraped() {
    static SITE: Site = Site::new("exact");
    let http = http();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let scraper = scope.spawn(|| {
            let mut last = BTreeMap::new();
            let mut scrapes = 0_u64;
            while !done.load(Relaxed) {
                let now = counters(http);
                for (name, before) in &last {
                    assert!(now[name] >= *before, "{name} went back");
                }
                last = now;
                scrapes += 1;
            }
            scrapes
        });
        let writers: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn(move || {
                    for request in 0..REQUESTS {
                        let status = if request % 10 == 0 { 500 } else { 200 };
                        serve(http, &SITE, status, thread);
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Relaxed);
        assert!(scraper.join().unwrap() > 0);
    });

    let total = (THREADS * REQUESTS) as f64;
    assert_eq!(requests(http, "200"), Some(total * 0.9));
    assert_eq!(requests(http, "500"), Some(total * 0.1));
    let duration = "http_request_duration_seconds_count";
    assert_eq!(value(http, duration, &[("method", "GET")]), Some(total));
    let bytes = REQUESTS * (0..THREADS).sum::<u64>();
    let size = "http_response_size_bytes_sum";
    assert_eq!(value(http, size, &[]), Some(bytes as f64));
    assert_eq!(in_progress(http), Some(0.0));
    let mut overall = Lookup::new("http_request_duration_highr_seconds_count", &[], &[]);
    http.encode(&mut overall);
    assert_eq!(overall.found, Some(total));
}

#[test]
fn threads_that_end_leave_their_totals_and_their_shard() {
    static SITE: Site = Site::new("visitors");
    let http = http();
    for _ in 0..5_000 {
        thread::spawn(|| serve(http, &SITE, 200, 1)).join().unwrap();
    }
    assert_eq!(requests(http, "200"), Some(5_000.0));
    // Other tests' threads have shards too: as many as live at once, not as many as came.
    assert!(shard::count() < 60, "{}", shard::count());
}

#[test]
fn a_record_that_outlives_the_state_of_its_thread_is_counted() {
    static SITE: Site = Site::new("late");
    thread_local! {
        static LATE: RefCell<Option<Record>> = const { RefCell::new(None) };
    }
    let http = http();
    for _ in 0..3 {
        thread::spawn(|| {
            // Thread-locals are destroyed last first, so this one goes after the shard is given back, or not.
            LATE.with(|late| *late.borrow_mut() = Some(begin(http, &SITE)));
        })
        .join()
        .unwrap();
    }
    assert_eq!(requests(http, "499"), Some(3.0));
    assert_eq!(in_progress(http), Some(0.0));
}

#[test]
fn handlers_that_share_a_label_show_the_buckets_they_share() {
    static FINE: Site = Site::new("fine").handler("/t").buckets(&[0.1, 0.2, 1.0]);
    static COARSE: Site = Site::new("coarse").handler("/t").buckets(&[0.2, 0.5, 1.0]);
    let http = http();
    serve(http, &FINE, 200, 0);
    serve(http, &COARSE, 200, 0);
    let bucket = |le| {
        let labels = [("method", "GET"), ("le", le)];
        value(http, "http_request_duration_seconds_bucket", &labels)
    };
    assert_eq!(bucket("0.1"), None);
    assert_eq!(bucket("0.2"), Some(2.0));
    assert_eq!(bucket("0.5"), None);
    assert_eq!(bucket("1.0"), Some(2.0));
    assert_eq!(bucket("+Inf"), Some(2.0));
    assert_eq!(requests(http, "200"), Some(2.0));
}

#[test]
fn handlers_that_share_a_label_share_the_strictest_objective() {
    static STRICT: Site = Site::new("strict")
        .handler("/t")
        .availability(99.9)
        .latency(0.2, 95.0);
    static LAX: Site = Site::new("lax").handler("/t").availability(99.0);
    static NONE: Site = Site::new("none").handler("/t");
    let config = Config::builder().slo(90.0, None).resolve(|_| None).unwrap();
    let http = Http::new(config);
    serve(http, &NONE, 503, 0);
    serve(http, &LAX, 500, 0);
    serve(http, &STRICT, 200, 0);
    let sample = |name, objective| {
        let labels = [("method", "GET"), ("objective", objective)];
        value(http, name, &labels)
    };
    assert_eq!(
        sample("http_slo_objective_ratio", "availability"),
        Some(0.999)
    );
    assert_eq!(sample("http_slo_events_total", "availability"), Some(3.0));
    assert_eq!(sample("http_slo_errors_total", "availability"), Some(2.0));
    // Only the first of them has a bucket that ends at the threshold.
    assert_eq!(sample("http_slo_objective_ratio", "latency"), Some(0.95));
    assert_eq!(sample("http_slo_events_total", "latency"), Some(1.0));
    assert_eq!(sample("http_slo_errors_total", "latency"), Some(0.0));
}

#[test]
fn a_cancelled_record_leaves_no_trace() {
    static SITE: Site = Site::new("cancelled");
    let http = http();
    let mut cancelled = begin(http, &SITE);
    cancelled.receives(|| Received::Bytes(7));
    cancelled.cancel();
    let shown = counters(http);
    assert!(shown.keys().all(|line| line.contains("highr")), "{shown:?}");
    // Its memory is used again.
    serve(http, &SITE, 200, 0);
    let received = value(http, "http_request_size_bytes_sum", &[]);
    assert_eq!(received, Some(0.0));
}

#[test]
fn a_cancelled_record_leaves_no_buckets() {
    static OUTER: Site = Site::new("");
    static OWN: Site = Site::new("own").buckets(&[0.2, 0.4]);
    let http = http();
    begin(http, &OUTER).cancel();
    serve(http, &OWN, 200, 0);
    let labels = [("method", "GET"), ("le", "0.4")];
    let bucket = value(http, "http_request_duration_seconds_bucket", &labels);
    assert_eq!(bucket, Some(1.0));
}

#[test]
fn every_status_is_kept_on_every_thread() {
    static SITE: Site = Site::new("statuses");
    let http = http();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..3 {
                    for status in 100..130 {
                        serve(http, &SITE, status, 0);
                    }
                }
            });
        }
    });
    for status in 100..130 {
        let count = requests(http, &status.to_string());
        assert_eq!(count, Some(3.0 * THREADS as f64), "{status}");
    }
    assert_eq!(requests(http, "200"), Some(0.0));
}

/// A template without parameters.
struct Text(&'static str);
impl super::Label for Text {
    fn is(&self, known: &crate::template::Template) -> bool {
        known.fits(self.0, [])
    }
    fn resolve(&mut self) -> Option<String> {
        Some(self.0.to_owned())
    }
}

#[test]
fn the_last_two_labels_of_a_site_are_cached() {
    static SITE: Site = Site::new("mounted");
    let http = http();
    let other = self::http();
    let cached = |http: &'static Http, label| http.begin_cached(&SITE, Method::Get, &label, None);
    for label in ["/t", "/u"] {
        assert!(cached(http, Text(label)).is_err());
        let record = http.begin(&SITE, Method::Get, clock::now(), Text(label), |work| work());
        record.finish(200, 0);
    }
    for label in ["/t", "/u", "/t"] {
        let record = cached(http, Text(label)).ok().expect("it was met");
        record.finish(200, 0);
        assert!(
            cached(other, Text(label)).is_err(),
            "of another configuration"
        );
    }
    assert_eq!(requests(http, "200"), Some(3.0));
}

#[test]
fn a_hook_sees_its_own_request_counted() {
    static SITE: Site = Site::new("hooked");
    static HTTP: OnceLock<&Http> = OnceLock::new();
    static SEEN: AtomicBool = AtomicBool::new(false);
    let config = Config::builder()
        .on_request(|_| {
            let http = HTTP.get().unwrap();
            assert_eq!(requests(http, "200"), Some(1.0));
            assert_eq!(in_progress(http), Some(0.0));
            SEEN.store(true, Relaxed);
        })
        .resolve(|_| None)
        .unwrap();
    let http = HTTP.get_or_init(|| Http::new(config));
    serve(http, &SITE, 200, 0);
    assert!(SEEN.load(Relaxed));
}
