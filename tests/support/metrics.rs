//! Metrics of a test's own, and when they have counted all of its requests.

use std::{
    thread,
    time::{Duration, Instant},
};

use metrics_runtime::{Config, ConfigBuilder, Metrics};

use crate::{DEADLINE, Scrape};

/// Metrics of a test's own.
///
/// # Panics
/// If the environment of the test is invalid.
#[must_use]
pub fn metrics() -> Metrics {
    metrics_with(|config| config)
}

/// Metrics of a test's own, configured.
///
/// # Panics
/// If the configuration is invalid.
#[must_use]
pub fn metrics_with(configure: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Metrics {
    let config = configure(Config::builder())
        .build()
        .expect("the configuration is valid");
    Metrics::new(config).expect("the registry is new")
}

/// Waits until so many requests were recorded and none is in progress, and checks that each left its mark, once, in
/// every family.
///
/// # Panics
/// If that does not come about, or the families disagree.
#[must_use]
pub fn settled(metrics: Metrics, requests: u32) -> Scrape {
    let expected = f64::from(requests);
    let begun = Instant::now();
    loop {
        let scrape = Scrape::of(metrics);
        let total = scrape.sum("http_requests_total", &[]);
        assert!(
            total <= expected,
            "{total} requests were recorded, not {requests}:\n{}",
            scrape.text()
        );
        if (total - expected).abs() < 0.5 && scrape.all_at_rest() {
            for family in [
                "http_request_duration_seconds_count",
                "http_request_size_bytes_count",
                "http_response_size_bytes_count",
            ] {
                assert_eq!(
                    scrape.sum(family, &[]),
                    total,
                    "{family}\n{}",
                    scrape.text()
                );
            }
            return scrape;
        }
        assert!(
            begun.elapsed() < DEADLINE,
            "{requests} requests should have been recorded and ended:\n{}",
            scrape.text()
        );
        thread::sleep(Duration::from_millis(2));
    }
}
