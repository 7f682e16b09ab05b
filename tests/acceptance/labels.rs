//! Which requests are counted, and under which handler, method and status.

use actix_web::{App, Responder, web};
use metrics_runtime::{Unmatched, instrument_handler};
use tests::{Server, metrics, metrics_with, settled};

use super::{acceptance_item, routes, serve, serve_with_catch_all};
use crate::common::Gate;

#[instrument_handler]
async fn any_method() -> impl Responder {
    "any"
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
fn case_03_statuses_are_grouped_where_configured() {
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
fn case_04_statuses_are_exact_by_default() {
    let metrics = metrics();
    let server = serve(metrics);
    assert_eq!(server.get("/").status, 200);
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/", "GET", 200), 1.0);
    assert!(!scrape.mentions(r#"status="2xx""#));
}

#[test]
fn case_05_unmatched_requests_can_be_ignored() {
    let metrics = metrics_with(|config| config.unmatched(Unmatched::Ignore));
    let server = serve_with_catch_all(metrics);
    assert_eq!(server.get("/does_not_exist").status, 404);
    assert_eq!(server.get("/").status, 200);
    let scrape = settled(metrics, 1);
    assert!(!scrape.mentions("none") && !scrape.mentions("does_not_exist"));
}

#[test]
fn case_06_unmatched_requests_are_grouped_or_kept() {
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
fn case_19_prefixes_of_scopes_are_kept() {
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
fn case_22_statuses_and_methods_are_labels() {
    let metrics = metrics();
    let server = serve(metrics);
    assert_eq!(server.send("POST", "/items", &[], b"x").status, 201);
    assert_eq!(server.get("/items/404").status, 404);
    let scrape = settled(metrics, 2);
    assert_eq!(scrape.requests("/items", "POST", 201), 1.0);
    assert_eq!(scrape.requests("/items/{item_id}", "GET", 404), 1.0);
}

#[test]
fn case_27_a_client_that_leaves_while_the_handler_runs_counts_as_499() {
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

#[test]
fn case_30_scanners_add_no_series() {
    let metrics = metrics();
    let server = serve_with_catch_all(metrics);
    assert_eq!(server.get("/scanner").status, 404);
    let before = settled(metrics, 1).samples().count();
    for number in 0..50 {
        assert_eq!(server.get(&format!("/wp-admin/{number}.php")).status, 404);
    }
    assert_eq!(settled(metrics, 51).samples().count(), before);
}
