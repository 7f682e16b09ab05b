//! Metrics of an `App`'s own, and the registries they are in.

use std::collections::HashMap;

use actix_web::{App, web};
use metrics_runtime::{
    CatchAll, Config, InitError, Metrics, instrument_handler,
    prometheus::{Gauge, Histogram, HistogramOpts, IntCounter, Registry, core::Collector},
};
use tests::{Scrape, Server, metrics, settled};

#[instrument_handler(handler = "/registered")]
async fn registered() -> &'static str {
    "registered"
}

async fn bare() -> &'static str {
    "bare"
}

#[test]
fn metrics_in_data_are_the_apps_own() {
    let (own, inner) = (metrics(), metrics());
    let server = Server::start(move || {
        App::new()
            .app_data(web::Data::new(own))
            .service(own.scope())
            .route("/registered", web::get().to(registered))
            .route("/bare", web::get().to(bare))
            .service(
                web::scope("/inner")
                    .app_data(inner)
                    .route("/registered", web::get().to(registered)),
            )
            .wrap(CatchAll)
    });
    for path in ["/registered", "/bare", "/nowhere", "/inner/registered"] {
        let _ = server.get(path);
    }
    let scrape = settled(own, 3);
    assert_eq!(scrape.requests("/registered", "GET", 200), 1.0);
    assert_eq!(scrape.requests("/bare", "GET", 200), 1.0);
    assert_eq!(scrape.requests("none", "GET", 404), 1.0);
    let _ = settled(inner, 1);
}

fn new_in(registry: &Registry) -> Result<Metrics, InitError> {
    let config = Config::builder().registry(registry.clone());
    Metrics::new(config.build().unwrap())
}

#[test]
fn a_registry_that_adds_a_prefix_or_labels_is_refused() {
    let labels = || HashMap::from([("zone".to_owned(), "a".to_owned())]);
    for (prefix, labels) in [
        (Some("mine".to_owned()), None),
        (None, Some(labels())),
        (Some("mine".to_owned()), Some(labels())),
    ] {
        let registry = Registry::new_custom(prefix, labels).unwrap();
        assert!(matches!(new_in(&registry), Err(InitError::CustomRegistry)));
        assert!(registry.gather().is_empty());
    }
    let plain = Registry::new_custom(None, None).unwrap();
    assert!(new_in(&plain).is_ok());
}

#[test]
fn no_other_collector_has_a_name_of_our_samples() {
    let counter = |name: &str| -> Box<dyn Collector> {
        Box::new(IntCounter::new(name, "Another's.").unwrap())
    };
    let gauge =
        |name: &str| -> Box<dyn Collector> { Box::new(Gauge::new(name, "Another's.").unwrap()) };
    let histogram = |name: &str| -> Box<dyn Collector> {
        Box::new(Histogram::with_opts(HistogramOpts::new(name, "Another's.")).unwrap())
    };
    let others = || {
        [
            counter("http_request_duration_seconds_count"),
            gauge("http_request_duration_seconds_bucket"),
            gauge("http_request_duration_seconds"),
            counter("http_request_size_bytes_sum"),
            counter("http_requests"),
            histogram("http_requests"),
            counter("http_exceptions_total"),
        ]
    };
    // Later ones are refused by the registry ..
    let registry = Registry::new();
    let metrics = new_in(&registry).unwrap();
    for other in others() {
        let name = other.desc()[0].fq_name.clone();
        assert!(registry.register(other).is_err(), "{name}");
    }
    assert!(!Scrape::of(metrics).text().contains("Another's."));
    // .. and earlier ones refuse the metrics.
    for other in others() {
        let registry = Registry::new();
        let name = other.desc()[0].fq_name.clone();
        registry.register(other).unwrap();
        assert!(
            matches!(new_in(&registry), Err(InitError::Registry(_))),
            "{name}"
        );
    }
    // What only looks alike is nobody's.
    let registry = Registry::new();
    for name in ["http_requests_failed_total", "http_request_duration"] {
        registry.register(counter(name)).unwrap();
    }
    assert!(new_in(&registry).is_ok());
}
