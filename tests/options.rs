//! What can be asked of `/metrics`, and what configuration changes.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use actix_web::{
    App, HttpResponse, Responder,
    dev::{Service, ServiceResponse},
    error::ErrorUnauthorized,
    get, guard, rt, web,
};
use metrics_runtime::{
    CatchAll, Config, Format, InitError, Metrics, instrument_handler, prometheus,
};
use prometheus::{Histogram, HistogramOpts, IntCounter, Registry};
use tests::{Options, Scrape, Server, eventually, metrics, metrics_with, settled};

use crate::common::{Chunks, End, Gate};

#[instrument_handler(handler = "/option", labels(team = "catalog"))]
async fn option() -> &'static str {
    "an option"
}

#[instrument_handler(handler = "/option/stream")]
async fn option_stream() -> impl Responder {
    HttpResponse::Ok().streaming(Chunks::new(2, 10).then(End::Never))
}

#[instrument_handler(handler = "/option/wait")]
async fn option_wait(gate: web::Data<Gate>) -> &'static str {
    gate.pass().await;
    "waited"
}

#[instrument_handler(handler = "/option/panic")]
async fn option_panic() -> &'static str {
    panic!("handlers do")
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/option", web::get().to(option))
        .route("/stream", web::get().to(option_stream))
        .route("/wait", web::get().to(option_wait))
        .route("/panic", web::get().to(option_panic));
}

fn serve(metrics: Metrics) -> Server {
    Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(metrics.scope())
            .configure(routes)
    })
}

// ---- the endpoint ----

#[test]
fn formats_are_negotiated() {
    let server = serve(metrics());
    let openmetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let text = "text/plain; version=0.0.4; charset=utf-8";
    for (accept, expected) in [
        ("", text),
        ("*/*", text),
        ("text/plain", text),
        ("text/html", text),
        ("application/openmetrics-text", openmetrics),
        ("application/openmetrics-text;version=1.0.0", openmetrics),
        ("application/openmetrics-text;version=2.0.0", text),
        ("application/openmetrics-text;q=0", text),
        ("application/openmetrics-text;q=0.5,text/plain;q=0.6", text),
        (
            "application/openmetrics-text;q=0.6,text/plain;q=0.5",
            openmetrics,
        ),
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            openmetrics,
        ),
        ("nonsense", text),
    ] {
        let reply = server.send("GET", "/metrics", &[&format!("accept: {accept}")], b"");
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), Some(expected), "{accept}");
        assert_eq!(reply.text().ends_with("# EOF\n"), expected == openmetrics);
    }
}

#[test]
fn openmetrics_names_its_escaping_scheme_to_clients_that_ask_for_one() {
    let server = serve(metrics());
    let content_type = |accept: &str| {
        let reply = server.send("GET", "/metrics", &[&format!("accept: {accept}")], b"");
        assert_eq!(reply.status, 200);
        reply.header("content-type").unwrap().to_owned()
    };
    let openmetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    // As Prometheus 3 asks.
    let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
    assert_eq!(
        content_type(prometheus),
        format!("{openmetrics}; escaping=allow-utf-8")
    );
    for (asked, named) in [
        ("allow-utf-8", "allow-utf-8"),
        ("underscores", "underscores"),
        ("dots", "underscores"),
        ("values", "underscores"),
        ("nonsense", "underscores"),
    ] {
        assert_eq!(
            content_type(&format!(
                "application/openmetrics-text;version=1.0.0;escaping={asked}"
            )),
            format!("{openmetrics}; escaping={named}")
        );
    }
    // Of several, the one with the highest quality.
    assert_eq!(
        content_type(
            "application/openmetrics-text;escaping=dots;q=0.2,application/openmetrics-text;version=1.0.0;q=0.8"
        ),
        openmetrics
    );
    // The text format of version 0.0.4 has no escaping.
    assert_eq!(
        content_type("text/plain;version=0.0.4;escaping=allow-utf-8"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
}

#[test]
fn vary_names_what_the_answer_depends_on() {
    for (gzip, vary) in [(true, "accept, accept-encoding"), (false, "accept")] {
        let server = serve(metrics_with(|config| config.gzip(gzip)));
        assert_eq!(server.get("/metrics").header("vary"), Some(vary));
    }
}

#[test]
fn head_and_other_methods() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(metrics.scope())
            .wrap(CatchAll)
    });
    let get = server.get("/metrics");
    let head = server.send("HEAD", "/metrics", &[], b"");
    assert_eq!(head.status, 200);
    assert_eq!(head.header("content-type"), get.header("content-type"));
    assert_eq!(
        head.header("content-length"),
        Some(get.body.len().to_string().as_str())
    );
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "FOO"] {
        let refused = server.send(method, "/metrics", &[], b"");
        assert_eq!(refused.status, 405, "{method}");
        assert_eq!(refused.header("allow"), Some("GET, HEAD"));
    }
    // None of it was counted.
    let _ = settled(metrics, 0);
}

#[test]
fn the_scope_can_be_guarded_wrapped_and_served_elsewhere() {
    let metrics = metrics();
    let service = Server::start(move || App::new().app_data(metrics).configure(routes));
    let private = Server::start(move || {
        App::new().service(
            web::scope("/private")
                .guard(guard::Header("x-zone", "inside"))
                .service(metrics.scope().wrap_fn(|req, service| {
                    let allowed = req.headers().contains_key("authorization");
                    let response = allowed.then(|| service.call(req));
                    async move {
                        match response {
                            Some(response) => response.await,
                            None => Err::<ServiceResponse, _>(ErrorUnauthorized("who?")),
                        }
                    }
                })),
        )
    });
    assert_eq!(service.get("/option").status, 200);
    assert_eq!(service.get("/metrics").status, 404);
    assert_eq!(private.get("/private/metrics").status, 404);
    let zone = "x-zone: inside";
    let path = "/private/metrics";
    assert_eq!(private.send("GET", path, &[zone], b"").status, 401);
    let reply = private.send("GET", path, &[zone, "authorization: x"], b"");
    assert_eq!(
        Scrape::new(reply.text()).requests("/option", "GET", 200),
        1.0
    );
}

#[test]
fn what_the_user_registered_is_shown_too() {
    let registry = Registry::new();
    let orders = IntCounter::new("orders_total", "Orders placed.").unwrap();
    let weights = Histogram::with_opts(HistogramOpts::new("weight", "Weights.")).unwrap();
    registry.register(Box::new(orders.clone())).unwrap();
    registry.register(Box::new(weights.clone())).unwrap();
    let metrics = metrics_with(|config| config.registry(registry.clone()));
    let server = serve(metrics);
    orders.inc_by(3);
    weights.observe(0.2);
    assert_eq!(server.get("/option").status, 200);
    let scrape = server.scrape();
    assert_eq!(scrape.value("orders_total"), 3.0);
    assert_eq!(scrape.value("weight_count"), 1.0);
    assert_eq!(scrape.requests("/option", "GET", 200), 1.0);
    // And ours are there for whoever gathers the registry.
    let gathered = prometheus::TextEncoder::new()
        .encode_to_string(&registry.gather())
        .unwrap();
    assert_eq!(Scrape::new(gathered).requests("/option", "GET", 200), 1.0);

    let config = Config::builder().registry(registry).build().unwrap();
    assert!(matches!(Metrics::new(config), Err(InitError::Registry(_))));
}

// ---- names and labels ----

#[test]
fn in_progress_can_be_renamed_and_labels_added() {
    let metrics = metrics_with(|config| {
        config
            .namespace("shop")
            .inprogress_name("requests_running")
            .custom_label("zone", "a\"b\\c\nd")
            .custom_label("team", "platform")
    });
    let server = serve(metrics);
    assert_eq!(server.get("/option").status, 200);
    let scrape = server.scrape();
    // A handler's own label wins over the configuration's of the same name.
    assert_eq!(
        scrape.value(
            r#"shop_requests_running{handler="/option",method="GET",team="catalog",zone="a\"b\\c\nd"}"#
        ),
        0.0
    );
    assert!(!scrape.mentions("http_requests_inprogress"));
    assert!(scrape.mentions(r#"handler="/option/wait""#));
}

#[test]
fn gigantic_labels_and_prefixes_do_no_harm() {
    let long = "x".repeat(100_000);
    let metrics = metrics_with(|config| config.namespace(&long).custom_label(&long, &long));
    let server = serve(metrics);
    assert_eq!(server.get("/option").status, 200);
    let name = format!("{long}_http_requests_total");
    assert_eq!(server.scrape().sum(&name, &[]), 1.0);
}

#[test]
fn the_high_resolution_histogram_counts_every_request_without_labels() {
    let metrics = metrics_with(|config| config.high_resolution_latency(true));
    let server = Server::start_with(
        Options {
            workers: 2,
            ..Options::default()
        },
        move || {
            App::new()
                .app_data(metrics)
                .configure(routes)
                .wrap(CatchAll)
        },
    );
    for path in ["/option", "/option", "/nowhere"] {
        let _ = server.get(path);
    }
    let scrape = settled(metrics, 3);
    assert_eq!(
        scrape.value("http_request_duration_highr_seconds_count"),
        3.0
    );
    assert_eq!(
        scrape
            .value(r#"http_request_duration_highr_seconds_bucket{le="0.025"}"#)
            .max(scrape.value(r#"http_request_duration_highr_seconds_bucket{le="60.0"}"#)),
        3.0
    );
    assert!(!Scrape::of(tests::metrics()).mentions("highr"));
}

#[test]
fn aborts_and_panics_are_grouped_with_their_class() {
    let gate = Gate::default();
    let metrics = metrics_with(|config| config.group_status_codes(true));
    let data = web::Data::new(gate.clone());
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .app_data(data.clone())
            .configure(routes)
    });
    let mut client = server.connect();
    client.request("GET", "/wait", &[], b"");
    gate.await_entered(1);
    client.reset();
    let mut client = server.connect();
    client.request("GET", "/panic", &[], b"");
    assert!(client.reply("GET").is_err());
    let scrape = settled(metrics, 2);
    assert_eq!(
        scrape.value(r#"http_requests_total{handler="/option/wait",method="GET",status="4xx"}"#),
        1.0
    );
    assert_eq!(
        scrape.value(r#"http_requests_total{handler="/option/panic",method="GET",status="5xx"}"#),
        1.0
    );
}

#[test]
fn without_the_stream_duration_and_gauge_end_at_the_head() {
    let metrics = metrics_with(|config| config.exclude_streaming_duration(true));
    let server = serve(metrics);
    let mut client = server.connect();
    client.request("GET", "/stream", &[], b"");
    client.head().unwrap();
    let gauge = r#"http_requests_inprogress{handler="/option/stream",method="GET"}"#;
    assert!(Scrape::of(metrics).all_at_rest());
    client.reset();
    server.stop();
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/option/stream", "GET", 200), 1.0);
    assert_eq!(scrape.value(gauge), 0.0);
    assert_eq!(
        scrape.of_handler("http_response_size_bytes_sum", "/option/stream"),
        20.0
    );
}

// ---- hooks ----

/// Statuses that a hook saw, and how often hooks ran beside one that panics.
#[derive(Clone, Default)]
struct Hooked {
    statuses: Arc<Mutex<Vec<u16>>>,
    runs: Arc<AtomicU32>,
}

impl Hooked {
    fn metrics(&self) -> Metrics {
        let (statuses, runs) = (Arc::clone(&self.statuses), Arc::clone(&self.runs));
        metrics_with(|config| {
            config
                .on_request(move |request| statuses.lock().unwrap().push(request.status()))
                .on_request(|_| panic!("hooks do"))
                .on_request(move |_| {
                    runs.fetch_add(1, SeqCst);
                })
        })
    }

    fn await_runs(&self, count: u32) -> Vec<u16> {
        eventually("the hooks", || {
            (self.runs.load(SeqCst) >= count).then_some(())
        });
        assert_eq!(self.runs.load(SeqCst), count);
        self.statuses.lock().unwrap().clone()
    }
}

#[test]
fn hooks_run_once_for_every_outcome_and_one_that_panics_breaks_nothing() {
    let (hooked, gate) = (Hooked::default(), Gate::default());
    let metrics = hooked.metrics();
    let data = web::Data::new(gate.clone());
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .app_data(data.clone())
            .configure(routes)
            .wrap(CatchAll)
    });
    assert_eq!(server.get("/option").text(), "an option");
    assert_eq!(hooked.await_runs(1), [200]);
    assert_eq!(server.get("/nowhere").status, 404);
    assert_eq!(hooked.await_runs(2), [200, 404]);
    let mut client = server.connect();
    client.request("GET", "/panic", &[], b"");
    assert!(client.reply("GET").is_err());
    assert_eq!(hooked.await_runs(3), [200, 404, 500]);
    let mut client = server.connect();
    client.request("GET", "/wait", &[], b"");
    gate.await_entered(1);
    client.reset();
    assert_eq!(hooked.await_runs(4), [200, 404, 500, 499]);
    let _ = settled(metrics, 4);
}

#[test]
fn hooks_hear_of_requests_that_a_stopping_server_cuts_off() {
    let (hooked, gate) = (Hooked::default(), Gate::default());
    let metrics = hooked.metrics();
    let data = web::Data::new(gate.clone());
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .app_data(data.clone())
            .configure(routes)
    });
    let mut client = server.connect();
    client.request("GET", "/wait", &[], b"");
    gate.await_entered(1);
    server.stop();
    assert_eq!(hooked.await_runs(1), [499]);
    let _ = settled(metrics, 1);
}

#[test]
fn hooks_hear_of_responses_dropped_outside_of_any_task() {
    let hooked = Hooked::default();
    let metrics = hooked.metrics();
    let system = rt::System::new();
    let response = system.block_on(async {
        let app =
            actix_web::test::init_service(App::new().app_data(metrics).configure(routes)).await;
        let request = actix_web::test::TestRequest::get()
            .uri("/stream")
            .to_request();
        actix_web::test::call_service(&app, request).await
    });
    drop(response);
    assert_eq!(hooked.await_runs(1), [200]);
    let _ = settled(metrics, 1);
}

#[test]
fn a_slow_hook_does_not_delay_its_own_response() {
    let gate = Gate::default();
    let held = Arc::new(Mutex::new(()));
    let blocked = Arc::clone(&held);
    let metrics = metrics_with(|config| {
        config.on_request(move |_| {
            drop(blocked.lock());
        })
    });
    let data = web::Data::new(gate.clone());
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .app_data(data.clone())
            .configure(routes)
    });
    let holding = held.lock().unwrap();
    // The response is here although the hook waits for us.
    assert_eq!(server.get("/option").text(), "an option");
    drop(holding);
    let _ = settled(metrics, 1);
}

#[get("/format")]
async fn format() -> &'static str {
    Format::Text.content_type()
}

#[test]
fn apps_in_one_process_do_not_mix() {
    let (one, two) = (metrics(), metrics_with(|config| config.namespace("two")));
    let first = serve(one);
    let second = Server::start(move || {
        App::new()
            .app_data(two)
            .service(format)
            .service(metrics_runtime::metrics_scope())
            .service(web::scope("/two").service(two.scope()))
            .configure(routes)
    });
    assert_eq!(first.get("/option").status, 200);
    assert_eq!(second.get("/option").status, 200);
    assert_eq!(second.get("/format").status, 200);
    let _ = settled(one, 1);
    let both = Scrape::new(second.get("/two/metrics").text());
    assert_eq!(both.sum("two_http_requests_total", &[]), 1.0);
    // The process-wide metrics, meanwhile, saw none of it.
    let global = second.scrape();
    assert_eq!(global.requests("/option", "GET", 200), 0.0);
}
