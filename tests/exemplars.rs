//! From a number of `/metrics` to the trace of a request.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use actix_web::{
    App, HttpMessage, HttpRequest, HttpResponse, Responder,
    dev::ServiceRequest,
    error::ErrorServiceUnavailable,
    get,
    middleware::{Next, from_fn},
    rt::time::sleep,
    web,
};
use metrics_runtime::{
    CatchAll, ConfigBuilder, Metrics,
    exemplars::{TraceId, traceparent},
    instrument_handler,
};
use tests::{Options, Server, metrics_with, settled};

use crate::common::{Chunks, Gate, exemplars, parse_exemplars, sampled};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const OPENMETRICS: &str = "accept: application/openmetrics-text;version=1.0.0";

/// Takes so many milliseconds.
#[instrument_handler(buckets = [0.05, 0.1, 60.0])]
#[get("/wait/{millis}")]
async fn wait(millis: web::Path<u64>) -> &'static str {
    sleep(Duration::from_millis(*millis)).await;
    "waited"
}

#[instrument_handler]
#[get("/status/{code}")]
async fn answer(code: web::Path<u16>) -> impl Responder {
    HttpResponse::build((*code).try_into().expect("a status")).finish()
}

#[instrument_handler]
#[get("/error")]
async fn failing() -> actix_web::Result<&'static str> {
    Err(ErrorServiceUnavailable("down"))
}

#[instrument_handler(buckets = [0.05, 0.15, 60.0])]
#[get("/stream")]
async fn stream() -> impl Responder {
    HttpResponse::Ok().streaming(Chunks::new(3, 10).every(Duration::from_millis(100)))
}

#[instrument_handler]
#[get("/panic")]
async fn panicking() -> &'static str {
    panic!("a handler may panic")
}

#[instrument_handler]
#[get("/gate")]
async fn gate(gate: web::Data<Gate>) -> &'static str {
    gate.pass().await;
    "passed"
}

#[instrument_handler(skip)]
#[get("/skipped")]
async fn skipped() -> &'static str {
    "skipped"
}

#[get("/bare")]
async fn bare() -> impl Responder {
    HttpResponse::InternalServerError().finish()
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(wait)
        .service(answer)
        .service(failing)
        .service(stream)
        .service(panicking)
        .service(gate)
        .service(skipped)
        .service(bare);
}

fn serve(metrics: Metrics) -> Server {
    Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(metrics.scope())
            .configure(routes)
    })
}

/// Metrics whose hook returns the caller's trace, and how often it was called.
fn counting() -> (Metrics, Arc<AtomicU32>) {
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    let metrics = metrics_with(|config| {
        config.exemplars(move |req| {
            counter.fetch_add(1, SeqCst);
            traceparent(req)
        })
    });
    (metrics, asked)
}

fn get_traced(server: &Server, path: &str) {
    let reply = server.send("GET", path, &[&sampled(TRACE)], b"");
    assert!(reply.status >= 200);
}

fn bucket(handler: &str, le: &str) -> String {
    format!(r#"http_request_duration_seconds_bucket{{handler="{handler}",method="GET",le="{le}"}}"#)
}

fn count(handler: &str, status: &str) -> String {
    format!(r#"http_requests_total{{handler="{handler}",method="GET",status="{status}"}}"#)
}

fn now() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("it is later than 1970").as_secs_f64()
}

#[test]
fn a_slow_request_is_found_by_its_trace() {
    let metrics = metrics_with(|config| config.exemplars(traceparent));
    let server = serve(metrics);
    let begun = now();
    get_traced(&server, "/wait/110");
    let ended = now();

    let scrape = || server.send("GET", "/metrics", &[OPENMETRICS], b"");
    let shown = parse_exemplars(scrape().text());
    let exemplar = &shown[&bucket("/wait/{millis}", "60.0")];
    assert_eq!(exemplar.trace, TRACE);
    assert!((0.11..=60.0).contains(&exemplar.value), "{exemplar:?}");
    let timestamps = begun - 0.001..=ended + 0.001;
    assert!(timestamps.contains(&exemplar.timestamp), "{exemplar:?}");
    assert_eq!(shown.len(), 1, "{shown:?}");
    // Whoever reads sees the same, however often.
    assert_eq!(parse_exemplars(scrape().text()), shown);
    assert_eq!(exemplars(metrics), shown);
    let compressed = ["accept-encoding: gzip", OPENMETRICS];
    let compressed = server.send("GET", "/metrics", &compressed, b"");
    assert_eq!(parse_exemplars(&compressed.gunzip()), shown);
    // The text format has no exemplars.
    let text = server.scrape();
    let mut lines = text.text().lines();
    assert!(lines.all(|line| line.starts_with('#') || !line.contains('#')));
}

#[test]
fn requests_without_a_sampled_trace_have_no_exemplar() {
    let (metrics, asked) = counting();
    let server = serve(metrics);
    for header in [
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
        "traceparent: 00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "traceparent: nonsense",
        "x: y",
    ] {
        assert_eq!(
            server.send("GET", "/status/500", &[header], b"").status,
            500
        );
    }
    assert_eq!(asked.load(SeqCst), 4);
    assert_eq!(exemplars(metrics), BTreeMap::new());
}

#[test]
fn the_hook_is_asked_only_where_an_exemplar_is_due() {
    let (metrics, asked) = counting();
    let server = serve(metrics);
    get_traced(&server, "/wait/1500");
    assert_eq!(asked.load(SeqCst), 1);
    for _ in 0..5 {
        get_traced(&server, "/wait/301");
    }
    assert_eq!(asked.load(SeqCst), 1, "the bucket holds a slower one");
    get_traced(&server, "/status/200");
    assert_eq!(asked.load(SeqCst), 2, "another handler");
    get_traced(&server, "/wait/1900");
    assert_eq!(asked.load(SeqCst), 3, "a slower one");
    let value = exemplars(metrics)[&bucket("/wait/{millis}", "60.0")].value;
    assert!(value >= 1.9, "{value}");
}

#[test]
fn failures_show_a_trace_beside_their_count() {
    let (metrics, _) = counting();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .configure(routes)
            .wrap(CatchAll)
    });
    for path in ["/error", "/status/500", "/status/404", "/bare", "/wait/x"] {
        get_traced(&server, path);
    }
    let shown = exemplars(metrics);
    let counts: Vec<_> = shown
        .iter()
        .filter(|(series, _)| series.starts_with("http_requests_total"))
        .map(|(series, exemplar)| (series.as_str(), exemplar.trace.as_str(), exemplar.value))
        .collect();
    let expected = [
        count("/bare", "500"),
        count("/error", "503"),
        count("/status/{code}", "500"),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|series| (series.as_str(), TRACE, 1.0))
        .collect();
    assert_eq!(counts, expected);
    // One that the extractor refused has a duration as any other.
    let buckets = ["0.05", "0.1", "60.0", "+Inf"];
    let refused = |le: &&str| shown.contains_key(&bucket("/wait/{millis}", le));
    assert_eq!(buckets.iter().filter(|le| refused(le)).count(), 1);
}

#[test]
fn clients_that_left_and_panics_have_no_exemplar() {
    let (metrics, asked) = counting();
    let waiting = Gate::default();
    let data = web::Data::new(waiting.clone());
    let server = Server::start_with(
        Options {
            half_closed: false,
            ..Options::default()
        },
        move || {
            App::new()
                .app_data(metrics)
                .app_data(data.clone())
                .configure(routes)
        },
    );
    let trace = sampled(TRACE);
    let mut client = server.connect();
    client.request("GET", "/gate", &[&trace], b"");
    waiting.await_entered(1);
    client.reset();
    waiting.await_left(1);
    let mut client = server.connect();
    client.request("GET", "/panic", &[&trace], b"");
    client.rest();
    let scrape = settled(metrics, 2);
    assert_eq!(scrape.requests("/gate", "GET", 499), 1.0);
    assert_eq!(scrape.requests("/panic", "GET", 500), 1.0);
    assert_eq!(asked.load(SeqCst), 0);
    assert_eq!(exemplars(metrics), BTreeMap::new());
}

#[test]
fn a_stream_is_shown_with_the_time_it_took() {
    let (metrics, asked) = counting();
    let server = serve(metrics);
    get_traced(&server, "/stream");
    let _ = settled(metrics, 1);
    assert_eq!(asked.load(SeqCst), 1);
    let shown = exemplars(metrics);
    assert_eq!(shown.len(), 1, "{shown:?}");
    let exemplar = &shown[&bucket("/stream", "60.0")];
    assert_eq!(exemplar.trace, TRACE);
    assert!(exemplar.value >= 0.2, "{exemplar:?}");
}

#[test]
fn a_hook_that_panics_breaks_nothing() {
    let panics = Arc::new(AtomicBool::new(true));
    let still = Arc::clone(&panics);
    let metrics = metrics_with(|config| {
        config.exemplars(move |req| {
            assert!(!still.load(SeqCst), "a hook may panic");
            traceparent(req)
        })
    });
    let server = serve(metrics);
    let mut client = server.connect();
    let trace = sampled(TRACE);
    for status in [500, 200, 503] {
        client.request("GET", &format!("/status/{status}"), &[&trace], b"");
        assert_eq!(client.reply("GET").expect("a response").status, status);
    }
    let scrape = settled(metrics, 3);
    assert_eq!(scrape.requests("/status/{code}", "GET", 503), 1.0);
    assert_eq!(exemplars(metrics), BTreeMap::new());
    panics.store(false, SeqCst);
    get_traced(&server, "/status/503");
    assert!(exemplars(metrics).contains_key(&count("/status/{code}", "503")));
}

#[test]
fn what_is_not_recorded_is_not_asked() {
    let (metrics, asked) = counting();
    let server = serve(metrics);
    get_traced(&server, "/skipped");
    get_traced(&server, "/bare");
    get_traced(&server, "/metrics");
    assert_eq!(asked.load(SeqCst), 0);
    let asked = Arc::new(AtomicU32::new(0));
    for change in [
        |config: ConfigBuilder| config.enabled(false),
        |config: ConfigBuilder| config.excluded_handlers(["."]),
    ] {
        let counter = Arc::clone(&asked);
        let server = serve(metrics_with(|config| {
            change(config).exemplars(move |req| {
                counter.fetch_add(1, SeqCst);
                traceparent(req)
            })
        }));
        get_traced(&server, "/status/500");
    }
    assert_eq!(asked.load(SeqCst), 0);
}

#[test]
fn a_middleware_hands_its_trace_to_the_hook() {
    let metrics = metrics_with(|config| {
        config.exemplars(|req: &HttpRequest| req.extensions().get::<TraceId>().copied())
    });
    let server = Server::start(move || {
        App::new().app_data(metrics).configure(routes).wrap(from_fn(
            |req: ServiceRequest, next: Next<_>| {
                let trace = TraceId::from_bytes(7_u128.to_be_bytes());
                req.extensions_mut().insert(trace);
                next.call(req)
            },
        ))
    });
    assert_eq!(server.get("/status/500").status, 500);
    let shown = exemplars(metrics);
    let exemplar = &shown[&count("/status/{code}", "500")];
    assert_eq!(exemplar.trace, "00000000000000000000000000000007");
}
