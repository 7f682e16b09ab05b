//! What a careful user writes with the `prometheus` crate alone: five families, looked up by their
//! label values on every request.

use std::sync::LazyLock;
use std::time::Instant;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::Responder;
use actix_web::body::{BodySize, MessageBody};
use actix_web::http::header::CONTENT_LENGTH;
use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};

const LATENCY_BUCKETS: [f64; 6] = [0.05, 0.1, 0.3, 1.0, 3.0, 5.0];
const SIZE_BUCKETS: [f64; 6] = [100.0, 1e3, 1e4, 1e5, 1e6, 1e7];

pub struct Families {
    registry: Registry,
    requests: IntCounterVec,
    duration: HistogramVec,
    request_size: HistogramVec,
    response_size: HistogramVec,
    in_progress: IntGaugeVec,
}

impl Families {
    fn new() -> prometheus::Result<Self> {
        let histogram = |name: &str, buckets: &[f64], labels: &[&str]| {
            HistogramVec::new(
                HistogramOpts::new(name, name).buckets(buckets.to_vec()),
                labels,
            )
        };
        let families = Self {
            registry: Registry::new(),
            requests: IntCounterVec::new(
                Opts::new("http_requests_total", "Requests."),
                &["handler", "method", "status"],
            )?,
            duration: histogram(
                "http_request_duration_seconds",
                &LATENCY_BUCKETS,
                &["handler", "method"],
            )?,
            request_size: histogram("http_request_size_bytes", &SIZE_BUCKETS, &["handler"])?,
            response_size: histogram("http_response_size_bytes", &SIZE_BUCKETS, &["handler"])?,
            in_progress: IntGaugeVec::new(
                Opts::new("http_requests_inprogress", "Requests in progress."),
                &["handler", "method"],
            )?,
        };
        families
            .registry
            .register(Box::new(families.requests.clone()))?;
        families
            .registry
            .register(Box::new(families.duration.clone()))?;
        families
            .registry
            .register(Box::new(families.request_size.clone()))?;
        families
            .registry
            .register(Box::new(families.response_size.clone()))?;
        families
            .registry
            .register(Box::new(families.in_progress.clone()))?;
        Ok(families)
    }

    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Begins a request; [`Started::finish`] ends it.
    pub fn start<'a>(&'a self, handler: &'a str, method: &'a str) -> Started<'a> {
        let in_progress = self.in_progress.with_label_values(&[handler, method]);
        in_progress.inc();
        Started {
            families: self,
            handler,
            method,
            in_progress,
            clock: Instant::now(),
        }
    }
}

pub static FAMILIES: LazyLock<Families> =
    LazyLock::new(|| Families::new().expect("the names are valid and distinct"));

/// A request that has begun.
pub struct Started<'a> {
    families: &'a Families,
    handler: &'a str,
    method: &'a str,
    in_progress: IntGauge,
    clock: Instant,
}

impl Started<'_> {
    pub fn finish(self, status: &str, request_bytes: u64, response_bytes: u64) {
        let Self {
            families,
            handler,
            method,
            in_progress,
            clock,
        } = self;
        families
            .duration
            .with_label_values(&[handler, method])
            .observe(clock.elapsed().as_secs_f64());
        families
            .requests
            .with_label_values(&[handler, method, status])
            .inc();
        families
            .request_size
            .with_label_values(&[handler])
            .observe(request_bytes as f64);
        families
            .response_size
            .with_label_values(&[handler])
            .observe(response_bytes as f64);
        in_progress.dec();
    }
}

/// Runs `handle` with all five families recorded around it.
pub async fn record<R: Responder>(
    handler: &'static str,
    request: HttpRequest,
    handle: impl Future<Output = R>,
) -> HttpResponse<R::Body> {
    let started = FAMILIES.start(handler, request.method().as_str());
    let response = handle.await.respond_to(&request);
    let request_bytes = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok())
        .unwrap_or(0);
    let response_bytes = match response.body().size() {
        BodySize::Sized(length) => length,
        BodySize::None | BodySize::Stream => 0,
    };
    started.finish(response.status().as_str(), request_bytes, response_bytes);
    response
}
