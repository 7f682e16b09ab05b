//! What `/metrics` shows, whether it is served at all, and what stops a start.

use actix_web::{App, web};
use metrics_runtime::Config;
use tests::{Scrape, Server, metrics, metrics_with, settled};

use super::{routes, serve, serve_with_catch_all};
use crate::{common::Gate, quickstart::Quickstart};

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
fn case_10_enable_metrics_decides_whether_anything_is_served() {
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
fn case_11_the_endpoint_can_be_moved() {
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
fn case_23_registries_are_apart_or_shared() {
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
fn case_24_requests_in_progress_show_while_scraping() {
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
fn case_25_each_family_has_one_type_line() {
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
fn case_26_series_are_at_zero_before_any_traffic() {
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
fn case_29_bad_settings_are_reported_at_start_up() {
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
