//! What configuration changes in the families of requests.

use actix_web::{App, HttpResponse, Responder, web};
use metrics_runtime::{CatchAll, Metrics, instrument_handler};
use tests::{Options, Scrape, Server, metrics_with, settled};

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
