//! The cases of `prometheus-fastapi-instrumentator`'s own tests, in its order.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use actix_web::{App, HttpResponse, Responder, get, post, web};
use metrics_runtime::{CatchAll, Config, Metrics, Unmatched, instrument_handler};
use tests::{Scrape, Server, eventually, metrics, metrics_with, settled};

use crate::{
    common::{Chunks, Gate, Refused},
    quickstart::Quickstart,
};

#[instrument_handler]
#[get("/")]
async fn acceptance_root() -> impl Responder {
    "hello"
}

#[instrument_handler]
#[get("/ignore")]
async fn acceptance_ignore() -> impl Responder {
    "ignore me"
}

#[instrument_handler]
#[get("/items/{item_id}")]
async fn acceptance_item(item: web::Path<u32>) -> Result<String, Refused> {
    if *item == 404 {
        return Err(Refused(404));
    }
    Ok(format!("item {item}"))
}

#[instrument_handler]
#[post("/items")]
async fn acceptance_create(body: web::Bytes) -> impl Responder {
    HttpResponse::Created().body(body)
}

#[instrument_handler]
#[get("/slow")]
async fn acceptance_slow(gate: web::Data<Gate>) -> impl Responder {
    gate.pass().await;
    "at last"
}

#[instrument_handler]
#[get("/stream")]
async fn acceptance_stream() -> impl Responder {
    HttpResponse::Ok().streaming(Chunks::new(3, 10).every(Duration::from_millis(40)))
}

#[instrument_handler]
#[get("/large/{way}")]
async fn acceptance_large(way: web::Path<String>) -> impl Responder {
    if *way == "bulk" {
        HttpResponse::Ok().body(vec![b'x'; 5_000_000])
    } else {
        HttpResponse::Ok().streaming(Chunks::new(50, 100_000))
    }
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(acceptance_root)
        .service(acceptance_ignore)
        .service(acceptance_item)
        .service(acceptance_create)
        .service(acceptance_slow)
        .service(acceptance_stream)
        .service(acceptance_large);
}

fn serve(metrics: Metrics) -> Server {
    Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(metrics.scope())
            .configure(routes)
    })
}

fn serve_with_catch_all(metrics: Metrics) -> Server {
    Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(metrics.scope())
            .configure(routes)
            .wrap(CatchAll)
    })
}

#[test]
fn case_01_excluded_handlers_have_no_series() {
    let metrics = metrics_with(|config| config.excluded_handlers(["/metrics", "/ignore"]));
    let server = serve_with_catch_all(metrics);
    for path in ["/", "/", "/ignore", "/metrics"] {
        assert_eq!(server.get(path).status, 200);
    }
    let scrape = settled(metrics, 2);
    assert_eq!(
        scrape.value(r#"http_request_duration_seconds_count{handler="/",method="GET"}"#),
        2.0
    );
    assert!(!scrape.mentions("/ignore") && !scrape.mentions("/metrics"));
}

#[test]
fn case_02_gzip_where_the_client_accepts_it() {
    let (on, off) = (metrics(), metrics_with(|config| config.gzip(false)));
    let gzip = ["accept-encoding: gzip"];
    let (on, off) = (serve(on), serve(off));
    let compressed = on.send("GET", "/metrics", &gzip, b"");
    assert_eq!(compressed.header("content-encoding"), Some("gzip"));
    assert!(compressed.gunzip().contains("http_requests_total"));
    for _ in 0..2 {
        let _ = on.get("/");
        let compressed = on.send("GET", "/metrics", &gzip, b"");
        assert!(
            compressed.gunzip() == on.get("/metrics").text(),
            "the text, compressed"
        );
    }
    for (server, headers) in [
        (&off, &gzip[..]),
        (&on, &["accept-encoding: identity"]),
        (&on, &["accept-encoding: gzip;q=0"]),
        (&on, &[]),
    ] {
        let plain = server.send("GET", "/metrics", headers, b"");
        assert_eq!(plain.header("content-encoding"), None, "{headers:?}");
        assert!(plain.text().contains("http_requests_total"));
        assert!(plain.body.len() > compressed.body.len());
    }
}

#[test]
fn case_03_statuses_grouped() {
    let metrics = metrics_with(|config| config.group_status_codes(true));
    let server = serve(metrics);
    assert_eq!(server.get("/").status, 200);
    assert_eq!(server.get("/items/404").status, 404);
    let scrape = settled(metrics, 2);
    assert_eq!(
        scrape.value(r#"http_requests_total{handler="/",method="GET",status="2xx"}"#),
        1.0
    );
    assert_eq!(
        scrape
            .value(r#"http_requests_total{handler="/items/{item_id}",method="GET",status="4xx"}"#),
        1.0
    );
    assert!(!scrape.mentions(r#"status="200""#) && !scrape.mentions(r#"status="404""#));
}

#[test]
fn case_04_statuses_exact_by_default() {
    let metrics = metrics();
    let server = serve(metrics);
    assert_eq!(server.get("/").status, 200);
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/", "GET", 200), 1.0);
    assert!(!scrape.mentions(r#"status="2xx""#));
}

#[test]
fn case_05_unmatched_ignored() {
    let metrics = metrics_with(|config| config.unmatched(Unmatched::Ignore));
    let server = serve_with_catch_all(metrics);
    assert_eq!(server.get("/does_not_exist").status, 404);
    assert_eq!(server.get("/").status, 200);
    let scrape = settled(metrics, 1);
    assert!(!scrape.mentions("none") && !scrape.mentions("does_not_exist"));
}

#[test]
fn case_06_unmatched_grouped_and_kept() {
    let metrics = metrics();
    let server = serve_with_catch_all(metrics);
    assert_eq!(server.get("/does_not_exist").status, 404);
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("none", "GET", 404), 1.0);
    assert!(!scrape.mentions("does_not_exist"));

    let metrics = metrics_with(|config| config.unmatched(Unmatched::Keep));
    let server = serve_with_catch_all(metrics);
    assert_eq!(server.get("/does_not_exist").status, 404);
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/does_not_exist", "GET", 404), 1.0);
    assert!(!scrape.mentions("none"));
}

#[test]
fn case_07_an_excluded_unmatched_path_makes_no_series() {
    let metrics = metrics_with(|config| config.excluded_handlers(["fefefwefwe"]));
    let server = serve_with_catch_all(metrics);
    assert_eq!(server.get("/fefefwefwe").status, 404);
    assert_eq!(server.get("/").status, 200);
    assert!(!settled(metrics, 1).mentions("none"));
}

#[test]
fn case_08_exclusion_is_anchored_where_it_says_so() {
    let metrics = metrics_with(|config| config.excluded_handlers(["^/$"]));
    let server = serve_with_catch_all(metrics);
    assert_eq!(server.get("/").status, 200);
    assert_eq!(server.get("/ignore").status, 200);
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/ignore", "GET", 200), 1.0);
    assert!(!scrape.mentions(r#"handler="/""#));
}

#[test]
fn case_09_buckets() {
    let metrics = metrics_with(|config| config.latency_buckets([1.0, 2.0, 3.0]));
    let server = serve(metrics);
    assert_eq!(server.get("/").status, 200);
    let scrape = settled(metrics, 1);
    for bound in ["1.0", "2.0", "3.0", "+Inf"] {
        assert_eq!(
            scrape.value(&format!(
                r#"http_request_duration_seconds_bucket{{handler="/",method="GET",le="{bound}"}}"#
            )),
            1.0
        );
    }
    assert!(!scrape.mentions(r#"handler="/",method="GET",le="0.05""#));
}

#[test]
fn case_10_enable_metrics() {
    for (set, status) in [(None, 200), (Some("true"), 200), (Some("false"), 404)] {
        let quickstart = Quickstart::start(&set.map(|value| ("ENABLE_METRICS", value)));
        assert_eq!(quickstart.get("/items/1").status, 200);
        let metrics = quickstart.get("/metrics");
        assert_eq!(metrics.status, status, "{set:?}");
        assert_eq!(metrics.body.is_empty(), status == 404);
    }
    let off = metrics_with(|config| config.enabled(false));
    let server = serve_with_catch_all(off);
    assert_eq!(server.get("/").status, 200);
    assert_eq!(server.get("/metrics").status, 404);
    assert_eq!(Scrape::of(off).text(), "");
}

#[test]
fn case_11_endpoint() {
    let server = serve(metrics());
    let scrape = server.get("/metrics");
    assert_eq!(scrape.status, 200);
    assert_eq!(
        scrape.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    assert_eq!(scrape.head.matches("charset").count(), 1);

    let server = serve(metrics_with(|config| config.endpoint("/internal/numbers")));
    assert_eq!(server.get("/internal/numbers").status, 200);
    assert_eq!(server.get("/metrics").status, 404);
}

#[test]
fn case_12_request_sizes() {
    let metrics = metrics();
    let server = serve(metrics);
    assert_eq!(server.send("POST", "/items", &[], b"123456789").status, 201);
    let scrape = settled(metrics, 1);
    assert_eq!(
        scrape.value(r#"http_request_size_bytes_sum{handler="/items"}"#),
        9.0
    );

    assert_eq!(server.get("/").status, 200);
    let scrape = settled(metrics, 2);
    assert_eq!(
        scrape.value(r#"http_request_size_bytes_sum{handler="/"}"#),
        0.0
    );
    assert_eq!(
        scrape.value(r#"http_request_size_bytes_count{handler="/"}"#),
        1.0
    );

    let chunked = format!(
        "POST /items HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n{}0\r\n\r\n",
        "1\r\nx\r\n".repeat(10)
    );
    let mut client = server.connect();
    client.write(chunked);
    assert_eq!(client.reply("POST").unwrap().body, b"xxxxxxxxxx");
    let scrape = settled(metrics, 3);
    assert_eq!(
        scrape.value(r#"http_request_size_bytes_sum{handler="/items"}"#),
        19.0
    );
}

#[test]
fn case_13_namespace_and_subsystem() {
    let metrics = metrics_with(|config| {
        config
            .namespace("shop")
            .subsystem("web")
            .high_resolution_latency(true)
    });
    let server = serve(metrics);
    assert_eq!(server.get("/").status, 200);
    let scrape = eventually("the record", || {
        let scrape = Scrape::of(metrics);
        (scrape.sum("shop_web_http_requests_total", &[]) >= 1.0).then_some(scrape)
    });
    for family in [
        "requests_total",
        "request_duration_seconds_count",
        "request_size_bytes_count",
        "response_size_bytes_count",
        "requests_inprogress",
        "exceptions_total",
        "request_duration_highr_seconds_count",
    ] {
        assert!(
            scrape.mentions(&format!("shop_web_http_{family}")),
            "{family}"
        );
    }
    assert!(
        scrape
            .samples()
            .all(|(series, _)| series.starts_with("shop_web_http_"))
    );
}

#[test]
fn case_14_response_sizes() {
    let metrics = metrics();
    let server = serve(metrics);
    assert_eq!(server.get("/items/12345678").body.len(), 13);
    assert_eq!(server.get("/items/404").status, 404);
    let error = "refused with 404".len() as f64;
    let scrape = settled(metrics, 2);
    assert_eq!(
        scrape.value(r#"http_response_size_bytes_sum{handler="/items/{item_id}"}"#),
        13.0 + error
    );
    assert_eq!(
        scrape.value(r#"http_response_size_bytes_count{handler="/items/{item_id}"}"#),
        2.0
    );
}

#[test]
fn case_15_streaming_in_the_duration_or_not() {
    for exclude in [false, true] {
        let metrics = metrics_with(|config| config.exclude_streaming_duration(exclude));
        let server = serve(metrics);
        let begun = Instant::now();
        assert_eq!(server.get("/stream").body.len(), 30);
        let elapsed = begun.elapsed().as_secs_f64();
        let scrape = settled(metrics, 1);
        let recorded =
            scrape.value(r#"http_request_duration_seconds_sum{handler="/stream",method="GET"}"#);
        if exclude {
            // Four ticks, of which the first comes at once.
            assert!(recorded < elapsed - 0.07, "{recorded} of {elapsed}");
        } else {
            assert!(
                recorded > 0.07 && recorded <= elapsed,
                "{recorded} of {elapsed}"
            );
        }
        assert_eq!(
            scrape.value(r#"http_response_size_bytes_sum{handler="/stream"}"#),
            30.0
        );
    }
}

#[test]
fn case_16_custom_label_on_every_family() {
    let metrics = metrics_with(|config| {
        config
            .custom_label("service", "orders")
            .high_resolution_latency(true)
    });
    let server = serve(metrics);
    assert_eq!(server.get("/items/404").status, 404);
    let scrape = settled(metrics, 1);
    for (series, _) in scrape.samples() {
        assert!(series.contains(r#"service="orders""#), "{series}");
    }
}

#[test]
fn case_17_five_megabytes() {
    let metrics = metrics();
    let server = serve(metrics);
    for (served, way) in (1..).zip(["bulk", "stream"]) {
        let reply = server.get(&format!("/large/{way}"));
        assert_eq!(reply.body.len(), 5_000_000);
        let scrape = settled(metrics, served);
        assert_eq!(
            scrape.value(r#"http_response_size_bytes_sum{handler="/large/{way}"}"#),
            f64::from(served) * 5_000_000.0
        );
    }
}

#[test]
fn case_18_hooks_see_everything_and_replace_nothing() {
    type Seen = (String, String, u16, u64, u64);
    let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
    let (first, second) = (Arc::clone(&seen), Arc::clone(&seen));
    let metrics = metrics_with(|config| {
        config
            .on_request(move |request| {
                assert!(request.duration() >= request.duration_without_streaming());
                first.lock().unwrap().push((
                    request.handler().to_owned(),
                    request.method().to_owned(),
                    request.status(),
                    request.request_bytes(),
                    request.response_bytes(),
                ));
            })
            .on_request(move |request| {
                assert!(!request.duration().is_zero());
                second
                    .lock()
                    .unwrap()
                    .push((String::new(), String::new(), 0, 0, 0));
            })
    });
    let server = serve(metrics);
    assert_eq!(server.send("POST", "/items", &[], b"12345").status, 201);
    eventually("both hooks", || {
        (seen.lock().unwrap().len() == 2).then_some(())
    });
    let expected = ("/items".to_owned(), "POST".to_owned(), 201, 5, 5);
    assert_eq!(seen.lock().unwrap()[0], expected);
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/items", "POST", 201), 1.0);
}

#[test]
fn case_19_prefixes_are_kept() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new().app_data(metrics).service(
            web::scope("/api")
                .service(acceptance_item)
                .service(web::scope("/v1").service(acceptance_item)),
        )
    });
    assert_eq!(server.get("/api/items/1").status, 200);
    assert_eq!(server.get("/api/v1/items/1").status, 200);
    let scrape = settled(metrics, 2);
    assert_eq!(scrape.requests("/api/items/{item_id}", "GET", 200), 1.0);
    assert_eq!(scrape.requests("/api/v1/items/{item_id}", "GET", 200), 1.0);
}

#[test]
fn case_20_what_actix_refuses_is_counted_as_it_refused() {
    let metrics = metrics();
    let server = serve_with_catch_all(metrics);
    assert_eq!(server.get("/items/xyz").status, 404);
    assert_eq!(server.get("/nowhere").status, 404);
    assert_eq!(server.send("DELETE", "/items", &[], b"").status, 404);
    let scrape = settled(metrics, 3);
    assert_eq!(scrape.requests("/items/{item_id}", "GET", 404), 1.0);
    assert_eq!(scrape.requests("none", "GET", 404), 1.0);
    assert_eq!(scrape.requests("/items", "DELETE", 404), 1.0);
}

#[test]
fn case_21_one_series_for_all_values_of_a_parameter() {
    let metrics = metrics();
    let server = serve(metrics);
    for id in 1..=3 {
        assert_eq!(server.get(&format!("/items/{id}")).status, 200);
    }
    let scrape = settled(metrics, 3);
    assert_eq!(scrape.requests("/items/{item_id}", "GET", 200), 3.0);
    for id in 1..=3 {
        assert!(!scrape.mentions(&format!("/items/{id}")));
    }
}

#[test]
fn case_22_statuses_and_methods() {
    let metrics = metrics();
    let server = serve(metrics);
    assert_eq!(server.send("POST", "/items", &[], b"x").status, 201);
    assert_eq!(server.get("/items/404").status, 404);
    let scrape = settled(metrics, 2);
    assert_eq!(scrape.requests("/items", "POST", 201), 1.0);
    assert_eq!(scrape.requests("/items/{item_id}", "GET", 404), 1.0);
}

#[test]
fn case_23_registries_apart_and_shared() {
    let (one, other) = (metrics(), metrics());
    let (first, second) = (serve(one), serve(other));
    assert_eq!(first.get("/").status, 200);
    for _ in 0..2 {
        assert_eq!(second.get("/").status, 200);
    }
    assert_eq!(settled(one, 1).requests("/", "GET", 200), 1.0);
    assert_eq!(settled(other, 2).requests("/", "GET", 200), 2.0);

    let shared = metrics();
    let (first, second) = (serve(shared), serve(shared));
    for server in [&first, &second, &second] {
        assert_eq!(server.get("/").status, 200);
    }
    assert_eq!(settled(shared, 3).requests("/", "GET", 200), 3.0);
    assert_eq!(
        first.scrape().requests("/", "GET", 200),
        second.scrape().requests("/", "GET", 200)
    );
}

#[test]
fn case_24_in_progress_while_scraping() {
    let gate = Gate::default();
    let metrics = metrics();
    let server = Server::start({
        let gate = gate.clone();
        move || {
            App::new()
                .app_data(metrics)
                .app_data(web::Data::new(gate.clone()))
                .service(metrics.scope())
                .configure(routes)
        }
    });
    let gauge = r#"http_requests_inprogress{handler="/slow",method="GET"}"#;
    let mut clients: Vec<_> = (0..3).map(|_| server.connect()).collect();
    for client in &mut clients {
        client.request("GET", "/slow", &[], b"");
    }
    gate.await_entered(3);
    assert_eq!(server.scrape().value(gauge), 3.0);
    gate.open();
    for client in &mut clients {
        assert_eq!(client.reply("GET").unwrap().status, 200);
    }
    assert_eq!(settled(metrics, 3).value(gauge), 0.0);
}

#[test]
fn case_25_one_type_line_per_family() {
    let metrics = metrics_with(|config| config.high_resolution_latency(true));
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(metrics.scope())
            .configure(routes)
            .service(web::scope("/api").configure(routes))
    });
    for path in ["/", "/api/", "/api/items/1", "/items/404"] {
        assert_ne!(server.get(path).status, 500);
    }
    let scrape = server.scrape();
    let mut families: Vec<_> = scrape
        .text()
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(families.len(), 7);
    families.sort_unstable();
    families.dedup();
    assert_eq!(families.len(), 7);
}

#[test]
fn case_26_series_at_zero_before_any_traffic() {
    let metrics = metrics();
    let server = serve(metrics);
    let scrape = server.scrape();
    for (handler, method) in [
        ("/", "GET"),
        ("/items/{item_id}", "GET"),
        ("/items", "POST"),
    ] {
        for status in [200, 500] {
            assert_eq!(
                scrape.value(&format!(
                    r#"http_requests_total{{handler="{handler}",method="{method}",status="{status}"}}"#
                )),
                0.0
            );
        }
    }
    assert_eq!(
        scrape
            .value(r#"http_exceptions_total{handler="/items/{item_id}",exception_type="Refused"}"#),
        0.0
    );
    assert_eq!(scrape.sum("http_requests_total", &[]), 0.0);
}

#[test]
fn case_27_client_gone_while_the_handler_runs() {
    let gate = Gate::default();
    let metrics = metrics();
    let server = Server::start({
        let gate = gate.clone();
        move || {
            App::new()
                .app_data(metrics)
                .app_data(web::Data::new(gate.clone()))
                .configure(routes)
        }
    });
    let mut client = server.connect();
    client.request("GET", "/slow", &[], b"");
    gate.await_entered(1);
    client.reset();
    gate.await_left(1);
    assert_eq!(settled(metrics, 1).requests("/slow", "GET", 499), 1.0);
}

#[test]
fn case_28_unknown_methods_are_other() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .route("/any", web::route().to(any_method))
    });
    assert_eq!(server.send("FOO", "/any", &[], b"").status, 200);
    assert_eq!(server.send("get", "/any", &[], b"").status, 200);
    let scrape = settled(metrics, 2);
    assert_eq!(scrape.requests("/any", "other", 200), 2.0);
    assert!(!scrape.mentions("FOO"));
}

#[instrument_handler]
async fn any_method() -> impl Responder {
    "any"
}

#[test]
fn case_29_bad_settings_are_told_at_start_up() {
    for (name, value, reason) in [
        ("METRICS_EXCLUDED_HANDLERS", "(", "unclosed group"),
        ("ENABLE_METRICS", "maybe", "not a boolean"),
        ("METRICS_NAMESPACE", "9x", "starts with no digit"),
        ("METRICS_LATENCY_BUCKETS", "1,0.5", "0.5 follows 1"),
        ("METRICS_LATENCY_BUCKETS", "1,NaN", "NaN"),
        ("CUSTOM_LABELS", "le=1", "`le`"),
    ] {
        let (code, stderr) = Quickstart::refused(&[(name, value)]);
        assert!(code.is_some_and(|code| code != 0), "{name}={value}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        for part in [name, value, reason] {
            assert!(stderr.contains(part), "{part} in {stderr}");
        }
    }
    let error = Config::builder()
        .excluded_handlers(["("])
        .build()
        .unwrap_err();
    assert_eq!((error.setting(), error.value()), ("excluded_handlers", "("));
}

#[test]
fn case_30_scanners_mint_no_series() {
    let metrics = metrics();
    let server = serve_with_catch_all(metrics);
    assert_eq!(server.get("/scanner").status, 404);
    let before = settled(metrics, 1).samples().count();
    for number in 0..50 {
        assert_eq!(server.get(&format!("/wp-admin/{number}.php")).status, 404);
    }
    assert_eq!(settled(metrics, 51).samples().count(), before);
}
