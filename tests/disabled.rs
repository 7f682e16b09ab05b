//! Metrics that are off, or exclude a handler: as if the crate were not there.

use actix_web::{App, HttpResponse, Responder, get, middleware::Compat, post, put, web};
use metrics_runtime::{CatchAll, Metrics};
use tests::{Scrape, Server, metrics, metrics_with};

use crate::{
    common::{Chunks, Refused},
    quickstart::Quickstart,
};

/// The same handlers with and without an attribute.
macro_rules! handlers {
    ($($attribute:tt)*) => {
        use super::*;

        $($attribute)*
        #[get("/twin/text")]
        async fn text() -> impl Responder {
            "text"
        }

        $($attribute)*
        #[post("/twin/json")]
        async fn json(value: web::Json<serde_json::Value>) -> impl Responder {
            HttpResponse::Created().json(value)
        }

        $($attribute)*
        #[get("/twin/error/{status}")]
        async fn error(status: web::Path<u16>) -> Result<&'static str, Refused> {
            Err(Refused(*status))
        }

        $($attribute)*
        #[get("/twin/stream")]
        async fn stream() -> impl Responder {
            HttpResponse::Ok().streaming(Chunks::new(3, 5))
        }

        $($attribute)*
        #[put("/twin/upload")]
        async fn upload(body: web::Bytes) -> Option<web::Bytes> {
            (!body.is_empty()).then_some(body)
        }

        pub(super) fn routes(config: &mut web::ServiceConfig) {
            config
                .app_data(web::PayloadConfig::new(100))
                .service(text)
                .service(json)
                .service(error)
                .service(stream)
                .service(upload);
        }
    };
}

mod bare {
    handlers!();
}

mod annotated {
    handlers!(#[metrics_runtime::instrument_handler]);
}

fn serve(metrics: Metrics) -> Server {
    Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(metrics.scope())
            .configure(annotated::routes)
            .wrap(Compat::new(CatchAll))
    })
}

fn ask_all(server: &Server) -> Vec<String> {
    let json = "content-type: application/json";
    [
        ("GET", "/twin/text", "x: y", ""),
        ("HEAD", "/twin/text", "x: y", ""),
        ("GET", "/twin/text", "connection: close", ""),
        ("POST", "/twin/json", json, r#"{"a":1}"#),
        ("POST", "/twin/json", json, "{"),
        ("POST", "/twin/json", "x: y", "{}"),
        ("GET", "/twin/error/418", "x: y", ""),
        ("GET", "/twin/error/x", "x: y", ""),
        ("GET", "/twin/stream", "x: y", ""),
        ("PUT", "/twin/upload", "x: y", "12345"),
        ("PUT", "/twin/upload", "x: y", ""),
        ("PUT", "/twin/upload", "x: y", &"x".repeat(200)),
        ("GET", "/nowhere", "x: y", ""),
        ("BREW", "/twin/text", "x: y", ""),
    ]
    .into_iter()
    .map(|(method, path, header, body)| {
        server
            .send(method, path, &[header], body.as_bytes())
            .without_date()
    })
    .collect()
}

#[test]
fn responses_are_the_same_bytes_on_or_off_or_without_the_crate() {
    let bare = Server::start(|| App::new().configure(bare::routes));
    let expected = ask_all(&bare);
    let off = metrics_with(|config| config.enabled(false).high_resolution_latency(true));
    let excluding = metrics_with(|config| config.excluded_handlers(["."]));
    for metrics in [off, excluding, metrics()] {
        assert_eq!(ask_all(&serve(metrics)), expected);
    }
    // Off means off: nothing there to ask, and nothing was recorded.
    let off_server = serve(off);
    assert_eq!(
        off_server.get("/metrics").without_date(),
        bare.get("/metrics").without_date()
    );
    assert_eq!(Scrape::of(off).text(), "");
    // A pattern that matches everything leaves the heads of the families.
    assert_eq!(Scrape::of(excluding).samples().count(), 0);
}

#[test]
fn the_environment_turns_the_example_off_without_changing_a_response() {
    let on = Quickstart::start(&[]);
    let off = Quickstart::start(&[("ENABLE_METRICS", "false")]);
    let json = ["content-type: application/json"];
    for (method, path, body) in [
        ("GET", "/items/1", ""),
        ("GET", "/items/2", ""),
        ("GET", "/items/x", ""),
        ("POST", "/items", r#"{"id":2,"name":"kettle"}"#),
        ("POST", "/items", "{"),
        ("GET", "/api/v1/items/1", ""),
        ("GET", "/stream", ""),
        ("GET", "/fail", ""),
        ("GET", "/nowhere", ""),
    ] {
        let ask = |quickstart: &Quickstart| {
            quickstart
                .send(method, path, &json, body.as_bytes())
                .without_date()
        };
        assert_eq!(ask(&on), ask(&off), "{method} {path}");
    }
    assert_eq!(off.get("/metrics").status, 404);

    // And the counts are exact where they are on.
    let scrape = Scrape::new(on.get("/metrics").text());
    for (handler, method, status, count) in [
        ("/items/{id}", "GET", 200, 1.0),
        ("/items/{id}", "GET", 404, 2.0),
        ("/items", "POST", 201, 1.0),
        ("/items", "POST", 400, 1.0),
        ("/api/v1/items/{id}", "GET", 200, 1.0),
        ("/stream", "GET", 200, 1.0),
        ("/fail", "GET", 500, 1.0),
        ("none", "GET", 404, 1.0),
    ] {
        let counted = scrape.requests(handler, method, status);
        assert_eq!(counted, count, "{method} {handler} {status}");
    }
    assert_eq!(scrape.sum("http_requests_total", &[]), 9.0);
    assert_eq!(scrape.exceptions("/fail", "StoreError"), 1.0);
    assert!(scrape.all_at_rest());
}

#[test]
fn the_environment_excludes_handlers_of_the_example() {
    let quickstart = Quickstart::start(&[("METRICS_EXCLUDED_HANDLERS", ".*api.*")]);
    for path in ["/api/v1/items/1", "/items/1"] {
        assert_eq!(quickstart.get(path).status, 200);
    }
    let scrape = Scrape::new(quickstart.get("/metrics").text());
    assert!(!scrape.mentions("api"));
    assert_eq!(scrape.requests("/items/{id}", "GET", 200), 1.0);
}
