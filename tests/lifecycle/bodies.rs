//! Bodies that stream, that break off, and that are none.

use std::time::{Duration, Instant};

use actix_web::{
    App, HttpResponse, Responder, body::SizedStream, get, head, http::StatusCode, web,
};
use metrics_runtime::{Metrics, instrument_handler};
use tests::{Scrape, Server, eventually, metrics, settled};

use crate::common::{Chunks, End};

#[instrument_handler]
#[get("/stream/{end}")]
async fn stream(end: web::Path<String>) -> impl Responder {
    let end = match end.as_str() {
        "fails" => End::Failure,
        "panics" => End::Panic,
        "hangs" => End::Never,
        _ => End::Regular,
    };
    HttpResponse::Ok().streaming(Chunks::new(4, 1000).then(end))
}

#[instrument_handler]
#[get("/sized")]
async fn sized() -> impl Responder {
    HttpResponse::Ok().body(SizedStream::new(4000, Chunks::new(4, 1000)))
}

fn serve_streams(metrics: Metrics) -> Server {
    Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(stream)
            .service(sized)
            .service(trickle)
            .service(firehose)
    })
}

#[test]
fn a_stream_is_recorded_when_it_ends_with_the_bytes_it_had() {
    for (path, handler) in [("/stream/well", "/stream/{end}"), ("/sized", "/sized")] {
        let metrics = metrics();
        let server = serve_streams(metrics);
        let reply = server.get(path);
        assert_eq!((reply.status, reply.body.len()), (200, 4000));
        let scrape = settled(metrics, 1);
        assert_eq!(scrape.requests(handler, "GET", 200), 1.0);
        assert_eq!(
            scrape.of_handler("http_response_size_bytes_sum", handler),
            4000.0
        );
    }
}

#[test]
fn middleware_of_actix_changes_no_count() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(stream)
            .service(sized)
            .wrap(actix_web::middleware::Logger::default())
            .wrap(actix_web::middleware::NormalizePath::trim())
    });
    assert_eq!(server.get("/sized/").body.len(), 4000);
    let scrape = settled(metrics, 1);
    assert_eq!(
        scrape.of_handler("http_response_size_bytes_sum", "/sized"),
        4000.0
    );
}

#[test]
fn a_stream_that_fails_or_panics_midway_is_one_record() {
    for path in ["/stream/fails", "/stream/panics"] {
        let metrics = metrics();
        let server = serve_streams(metrics);
        let mut client = server.connect();
        client.request("GET", path, &[], b"");
        assert!(client.reply("GET").is_err(), "cut short");
        let scrape = settled(metrics, 1);
        assert_eq!(scrape.requests("/stream/{end}", "GET", 200), 1.0);
        assert_eq!(
            scrape.of_handler("http_response_size_bytes_sum", "/stream/{end}"),
            4000.0
        );
        assert_eq!(server.get("/stream/well").status, 200);
        let _ = settled(metrics, 2);
    }
}

#[test]
fn a_stream_in_progress_shows_in_the_gauge_and_not_yet_in_the_counter() {
    let metrics = metrics();
    let server = serve_streams(metrics);
    let mut client = server.connect();
    client.request("GET", "/stream/hangs", &[], b"");
    client.head().unwrap();
    let gauge = r#"http_requests_inprogress{handler="/stream/{end}",method="GET"}"#;
    let scrape = Scrape::of(metrics);
    assert_eq!(scrape.value(gauge), 1.0);
    assert_eq!(scrape.sum("http_requests_total", &[]), 0.0);
    client.reset();
    server.stop();
    assert_eq!(
        settled(metrics, 1).requests("/stream/{end}", "GET", 200),
        1.0
    );
}

#[instrument_handler]
#[get("/trickle")]
async fn trickle() -> impl Responder {
    HttpResponse::Ok().streaming(Chunks::new(100_000, 10).every(Duration::from_millis(1)))
}

#[test]
fn a_client_that_resets_in_mid_body_is_one_record() {
    let metrics = metrics();
    let server = serve_streams(metrics);
    let mut client = server.connect();
    client.request("GET", "/trickle", &[], b"");
    client.head().unwrap();
    client.chunk().unwrap();
    client.reset();
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/trickle", "GET", 200), 1.0);
    assert!(scrape.of_handler("http_response_size_bytes_sum", "/trickle") < 1_000_000.0);
}

#[instrument_handler]
#[get("/firehose")]
async fn firehose() -> impl Responder {
    HttpResponse::Ok().streaming(Chunks::new(400, 100_000))
}

#[test]
fn a_slow_reader_holds_the_gauge_until_it_has_read() {
    let metrics = metrics();
    let server = serve_streams(metrics);
    let mut client = server.connect();
    client.request("GET", "/firehose", &[], b"");
    client.head().unwrap();
    let gauge = r#"http_requests_inprogress{handler="/firehose",method="GET"}"#;
    // More than the sockets' buffers hold: the server waits for the client.
    let begun = Instant::now();
    eventually("some time to pass", || {
        assert_eq!(Scrape::of(metrics).value(gauge), 1.0);
        (begun.elapsed() >= Duration::from_millis(40)).then_some(())
    });
    let mut bytes = 0;
    while let Some(chunk) = client.chunk().unwrap() {
        bytes += chunk.len();
    }
    assert_eq!(bytes, 40_000_000);
    let scrape = settled(metrics, 1);
    assert_eq!(
        scrape.of_handler("http_response_size_bytes_sum", "/firehose"),
        40_000_000.0
    );
    assert!(
        scrape.value(r#"http_request_duration_seconds_sum{handler="/firehose",method="GET"}"#)
            >= 0.04
    );
}

#[test]
fn a_slow_reader_that_leaves_is_one_record() {
    let metrics = metrics();
    let server = serve_streams(metrics);
    let mut client = server.connect();
    client.request("GET", "/firehose", &[], b"");
    client.head().unwrap();
    client.reset();
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/firehose", "GET", 200), 1.0);
    let bytes = scrape.of_handler("http_response_size_bytes_sum", "/firehose");
    assert!(bytes > 0.0 && bytes < 40_000_000.0);
}

#[instrument_handler]
#[head("/bodiless")]
async fn answer_head() -> impl Responder {
    HttpResponse::Ok().body("sixteen letters.")
}

#[instrument_handler]
#[head("/bodiless_stream")]
async fn answer_head_of_stream() -> impl Responder {
    HttpResponse::Ok().streaming(Chunks::new(4, 1000).then(End::Never))
}

#[instrument_handler]
#[get("/bodiless/{status}")]
async fn answer_status(status: web::Path<u16>) -> impl Responder {
    HttpResponse::build(StatusCode::from_u16(*status).unwrap()).finish()
}

#[instrument_handler]
#[get("/upgrade")]
async fn upgrade() -> impl Responder {
    HttpResponse::SwitchingProtocols()
        .upgrade("echo")
        .streaming(Chunks::new(4, 1000).then(End::Never))
}

fn serve_bodiless(metrics: Metrics) -> Server {
    Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(answer_head)
            .service(answer_head_of_stream)
            .service(answer_status)
            .service(upgrade)
    })
}

#[test]
fn head_and_empty_responses_have_no_bytes() {
    for (method, path, status, handler) in [
        ("HEAD", "/bodiless", 200, "/bodiless"),
        ("HEAD", "/bodiless_stream", 200, "/bodiless_stream"),
        ("GET", "/bodiless/200", 200, "/bodiless/{status}"),
        ("GET", "/bodiless/204", 204, "/bodiless/{status}"),
        ("GET", "/bodiless/304", 304, "/bodiless/{status}"),
    ] {
        let metrics = metrics();
        let server = serve_bodiless(metrics);
        assert_eq!(server.send(method, path, &[], b"").status, status);
        let scrape = settled(metrics, 1);
        assert_eq!(scrape.requests(handler, method, status), 1.0);
        assert_eq!(
            scrape.of_handler("http_response_size_bytes_sum", handler),
            0.0
        );
    }
}

#[test]
fn an_upgrade_is_recorded_at_the_handshake() {
    let metrics = metrics();
    let server = serve_bodiless(metrics);
    let mut client = server.connect();
    client.request(
        "GET",
        "/upgrade",
        &["connection: upgrade", "upgrade: echo"],
        b"",
    );
    assert!(client.head().unwrap().starts_with("HTTP/1.1 101"));
    // The connection is still open.
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/upgrade", "GET", 101), 1.0);
    assert_eq!(
        scrape.of_handler("http_response_size_bytes_sum", "/upgrade"),
        0.0
    );
}
