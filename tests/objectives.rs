//! Objectives: what `http_slo_*` counts, and for which handlers. A program without objectives does not have these
//! families, which the black-box tests of such a program show.

#![expect(
    clippy::float_cmp,
    reason = "every value of a scrape that is compared here is exact"
)]
#![allow(clippy::unused_async, reason = "actix wants it, await or not")]

#[allow(dead_code, reason = "shared with tests that need more of it")]
mod common;

mod artifacts;

use std::time::Duration;

use actix_web::{
    App, HttpResponse, Responder, body::MessageBody, dev::ServiceRequest, dev::ServiceResponse,
    error::ErrorServiceUnavailable, get, http::StatusCode, middleware::Next, middleware::from_fn,
    rt::time::sleep, web,
};
use common::Gate;
use metrics_runtime::{CatchAll, Config, Format, Metrics, instrument_handler, prometheus};
use prometheus::IntCounter;
use tests::{Scrape, Server, metrics, metrics_with, settled};

#[instrument_handler(
    handler = "/objective/answer/{status}",
    labels(team = "catalog"),
    slo(availability = 99.95, latency = (0.4, 99))
)]
#[get("/answer/{status}")]
async fn answer(status: web::Path<u16>) -> HttpResponse {
    HttpResponse::new(StatusCode::from_u16(*status).expect("a status"))
}

#[instrument_handler(handler = "/objective/pause/{milliseconds}", slo(latency = (1, 95)))]
#[get("/pause/{milliseconds}")]
async fn pause(milliseconds: web::Path<u64>) -> &'static str {
    sleep(Duration::from_millis(*milliseconds)).await;
    "paused"
}

#[instrument_handler(handler = "/objective/wait", slo(availability = 99, latency = (0.01, 90)))]
#[get("/wait")]
async fn wait(gate: web::Data<Gate>) -> &'static str {
    gate.pass().await;
    "waited"
}

#[instrument_handler(handler = "/objective/panic", slo(availability = 99.9, latency = (1, 99)))]
#[get("/panic")]
async fn panics() -> &'static str {
    panic!("handlers do")
}

#[instrument_handler(
    handler = "/objective/listed",
    buckets = [0.1, 0.4, 2.0],
    slo(latency = (0.4, 99.9))
)]
#[get("/listed")]
async fn listed() -> &'static str {
    "listed"
}

#[instrument_handler(handler = "/objective/literal", buckets = [0.1, 2.0])]
#[get("/literal")]
async fn literal() -> &'static str {
    "literal"
}

#[instrument_handler(handler = "/objective/plain")]
#[get("/plain")]
async fn plain() -> impl Responder {
    "plain"
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(answer)
        .service(pause)
        .service(wait)
        .service(panics)
        .service(listed)
        .service(literal)
        .service(plain);
}

/// Without the attribute.
async fn bare() -> &'static str {
    "bare"
}

fn serve(metrics: Metrics) -> Server {
    Server::start(move || {
        App::new()
            .app_data(metrics)
            .app_data(web::Data::new(Gate::default()))
            .service(metrics.scope())
            .configure(routes)
            .route("/bare", web::get().to(bare))
            .wrap(CatchAll)
    })
}

/// Events and errors of a handler's objective.
fn counted(scrape: &Scrape, handler: &str, objective: &str) -> (f64, f64) {
    let labels = [
        &*format!("{{handler=\"{handler}\","),
        &format!(",objective=\"{objective}\""),
    ];
    (
        scrape.sum("http_slo_events_total", &labels),
        scrape.sum("http_slo_errors_total", &labels),
    )
}

fn lines(scrape: &Scrape, family: &str, handler: &str) -> Vec<String> {
    let lines = scrape.text().lines().filter(|line| {
        line.starts_with(&format!("{family}{{"))
            && line.contains(&format!("{{handler=\"{handler}\","))
    });
    lines.map(str::to_owned).collect()
}

fn bounds(scrape: &Scrape, handler: &str) -> Vec<String> {
    let buckets = lines(scrape, "http_request_duration_seconds_bucket", handler);
    let bound = |line: &String| {
        let (_, rest) = line.split_once("le=\"").expect("a bucket has a bound");
        rest.split('"').next().expect("a text").to_owned()
    };
    buckets.iter().map(bound).collect()
}

#[test]
fn objectives_are_shown_before_the_first_request() {
    let scrape = serve(metrics()).scrape();
    let handler = "/objective/answer/{status}";
    assert_eq!(
        lines(&scrape, "http_slo_objective_ratio", handler),
        [
            r#"http_slo_objective_ratio{handler="/objective/answer/{status}",method="GET",objective="availability",team="catalog"} 0.9995"#,
            r#"http_slo_objective_ratio{handler="/objective/answer/{status}",method="GET",objective="latency",team="catalog"} 0.99"#,
        ]
    );
    for family in ["http_slo_events_total", "http_slo_errors_total"] {
        assert_eq!(
            lines(&scrape, family, handler),
            [
                format!(
                    r#"{family}{{handler="/objective/answer/{{status}}",method="GET",objective="availability",team="catalog"}} 0"#
                ),
                format!(
                    r#"{family}{{handler="/objective/answer/{{status}}",method="GET",objective="latency",team="catalog"}} 0"#
                ),
            ]
        );
    }
    // A handler has the objectives it declares, and no other.
    let latency_only = "/objective/listed";
    assert_eq!(
        lines(&scrape, "http_slo_objective_ratio", latency_only),
        [
            r#"http_slo_objective_ratio{handler="/objective/listed",method="GET",objective="latency"} 0.999"#
        ]
    );
    assert!(lines(&scrape, "http_slo_objective_ratio", "/objective/plain").is_empty());
}

#[test]
fn errors_of_the_server_count_against_availability_and_those_of_the_client_do_not() {
    let metrics = metrics();
    let server = serve(metrics);
    for status in [200, 201, 302, 400, 404, 429, 500, 503, 503, 507] {
        assert_eq!(server.get(&format!("/answer/{status}")).status, status);
    }
    let mut client = server.connect();
    client.request("GET", "/panic", &[], b"");
    assert!(client.reply("GET").is_err());
    let scrape = settled(metrics, 11);
    let handler = "/objective/answer/{status}";
    assert_eq!(counted(&scrape, handler, "availability"), (10.0, 4.0));
    assert_eq!(counted(&scrape, handler, "latency"), (10.0, 0.0));
    let handler = "/objective/panic";
    assert_eq!(counted(&scrape, handler, "availability"), (1.0, 1.0));
    assert_eq!(counted(&scrape, handler, "latency"), (1.0, 0.0));
}

#[test]
fn clients_that_left_count_for_latency_alone() {
    let metrics = metrics();
    let gate = Gate::default();
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
    // The request takes longer than the threshold.
    std::thread::sleep(Duration::from_millis(20));
    client.reset();
    gate.await_left(1);
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/objective/wait", "GET", 499), 1.0);
    let handler = "/objective/wait";
    assert_eq!(counted(&scrape, handler, "availability"), (0.0, 0.0));
    assert_eq!(counted(&scrape, handler, "latency"), (1.0, 1.0));
}

#[test]
fn requests_slower_than_the_threshold_are_errors_of_latency() {
    let metrics = metrics();
    let server = serve(metrics);
    // The second falls into the bucket that ends at the threshold, the last into the one after it.
    for milliseconds in [0, 320, 0, 1050] {
        assert_eq!(server.get(&format!("/pause/{milliseconds}")).status, 200);
    }
    let scrape = settled(metrics, 4);
    let handler = "/objective/pause/{milliseconds}";
    assert_eq!(counted(&scrape, handler, "latency"), (4.0, 1.0));
    assert_eq!(counted(&scrape, handler, "availability"), (0.0, 0.0));
}

#[test]
fn a_threshold_joins_the_buckets_that_are_no_literal() {
    let default = serve(metrics()).scrape();
    let with_threshold = ["0.05", "0.1", "0.3", "0.4", "1.0", "3.0", "5.0", "+Inf"];
    assert_eq!(
        bounds(&default, "/objective/answer/{status}"),
        with_threshold
    );
    assert_eq!(bounds(&default, "/objective/panic").len(), 7);
    assert_eq!(
        bounds(&default, "/objective/listed"),
        ["0.1", "0.4", "2.0", "+Inf"]
    );

    let metrics = metrics_with(|config| config.latency_buckets([0.5, 7.0]).slo(None, (0.25, 95.0)));
    let configured = serve(metrics).scrape();
    assert_eq!(
        bounds(&configured, "/objective/answer/{status}"),
        ["0.25", "0.4", "0.5", "7.0", "+Inf"]
    );
    assert_eq!(
        bounds(&configured, "/objective/plain"),
        ["0.25", "0.5", "7.0", "+Inf"]
    );
    assert_eq!(
        bounds(&configured, "/objective/literal"),
        ["0.1", "2.0", "+Inf"]
    );
}

#[test]
fn defaults_apply_to_handlers_without_objectives_of_their_own() {
    let metrics = metrics_with(|config| {
        config
            .slo(99.5, (0.25, 95.0))
            .excluded_handlers(["^/objective/panic$"])
    });
    let server = serve(metrics);
    assert_eq!(server.get("/nowhere").status, 404);
    assert_eq!(server.get("/bare").status, 200);
    let scrape = settled(metrics, 2);
    let ratios = |handler: &str| {
        ["availability", "latency"].map(|objective| {
            let labels = [
                &*format!("{{handler=\"{handler}\","),
                &format!(",objective=\"{objective}\""),
            ];
            scrape.sum("http_slo_objective_ratio", &labels)
        })
    };
    assert_eq!(ratios("/objective/plain"), [0.995, 0.95]);
    assert_eq!(ratios("/bare"), [0.995, 0.95]);
    assert_eq!(ratios("/objective/answer/{status}"), [0.9995, 0.99]);
    assert_eq!(ratios("/objective/pause/{milliseconds}"), [0.995, 0.95]);
    // Its literal buckets do not have the default threshold.
    assert_eq!(ratios("/objective/literal"), [0.995, 0.0]);
    assert_eq!(ratios("/objective/panic"), [0.0, 0.0]);
    assert_eq!(ratios("none"), [0.0, 0.0]);
}

#[test]
fn names_have_no_prefix_and_constant_labels_apply() {
    let metrics = metrics_with(|config| {
        config
            .namespace("shop")
            .custom_label("zone", "a")
            .group_status_codes(true)
    });
    let server = serve(metrics);
    for status in [200, 503, 404] {
        assert_eq!(server.get(&format!("/answer/{status}")).status, status);
    }
    let scrape = server.scrape();
    let labels = r#"{handler="/objective/answer/{status}",method="GET",objective="availability",team="catalog",zone="a"}"#;
    for (family, expected) in [
        ("http_slo_objective_ratio", 0.9995),
        ("http_slo_events_total", 3.0),
        ("http_slo_errors_total", 1.0),
    ] {
        assert_eq!(scrape.value(&format!("{family}{labels}")), expected);
    }
    assert!(!scrape.mentions("shop_http_slo"));
}

#[test]
fn openmetrics_names_the_unit_and_the_counters() {
    let metrics = metrics();
    // The first scrape shows what the app mounts.
    let _ = serve(metrics).scrape();
    let text = metrics.render(Format::OpenMetrics);
    for line in [
        "# TYPE http_slo_objective_ratio gauge",
        "# UNIT http_slo_objective_ratio ratio",
        "# TYPE http_slo_events counter",
        "# TYPE http_slo_errors counter",
        r#"http_slo_errors_total{handler="/objective/listed",method="GET",objective="latency"} 0"#,
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

#[test]
fn the_registry_holds_the_names() {
    let metrics = metrics();
    for name in [
        "http_slo_objective_ratio",
        "http_slo_events_total",
        "http_slo_errors_total",
    ] {
        let thief = IntCounter::new(name, "mine").unwrap();
        assert!(metrics.registry().register(Box::new(thief)).is_err());
    }
}

async fn refuse(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    if req.headers().contains_key("x-overloaded") {
        return Err(ErrorServiceUnavailable("overloaded"));
    }
    next.call(req).await
}

#[test]
fn a_middleware_that_fails_in_the_handlers_place_counts_against_its_availability() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .app_data(web::Data::new(Gate::default()))
            .service(
                web::resource("/objective/wait")
                    .wrap(from_fn(refuse))
                    .route(web::get().to(wait_as_function)),
            )
            .wrap(CatchAll)
    });
    assert_eq!(server.get("/objective/wait").status, 200);
    let refused = server.send("GET", "/objective/wait", &["x-overloaded: 1"], b"");
    assert_eq!(refused.status, 503);
    let scrape = settled(metrics, 2);
    let handler = "/objective/wait";
    assert_eq!(counted(&scrape, handler, "availability"), (2.0, 1.0));
    // The same labels as the handler's own, with its objective and not the default's.
    assert_eq!(
        lines(&scrape, "http_slo_objective_ratio", handler)[0],
        r#"http_slo_objective_ratio{handler="/objective/wait",method="GET",objective="availability"} 0.99"#
    );
}

#[instrument_handler(handler = "/objective/wait", slo(availability = 99, latency = (0.01, 90)))]
async fn wait_as_function() -> &'static str {
    "did not wait"
}

#[test]
fn objectives_that_cannot_be_used_end_the_start() {
    let nan = f64::NAN;
    for (availability, latency, value) in [
        (Some(50.0), None, "50"),
        (Some(100.0), None, "100"),
        (Some(0.999), None, "0.999"),
        (Some(nan), None, "NaN"),
        (Some(99.9), Some((0.3, 101.0)), "101"),
        (Some(99.9), Some((0.0, 99.0)), "0"),
        (Some(99.9), Some((-1.0, 99.0)), "-1"),
        (None, Some((f64::INFINITY, 99.0)), "inf"),
        (None, Some((nan, 99.0)), "NaN"),
    ] {
        let error = Config::builder()
            .slo(availability, latency)
            .build()
            .unwrap_err();
        assert_eq!((error.setting(), error.value()), ("slo", value), "{error}");
    }
    assert!(Config::builder().slo(99.9, (0.3, 99.0)).build().is_ok());
}
