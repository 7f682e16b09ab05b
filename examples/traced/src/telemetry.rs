//! Traces and logs: spans over OTLP, one JSON object per log line, and what ties both to the metrics.

use actix_web::{
    Error, HttpRequest,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::HeaderMap,
    middleware::Next,
};
use metrics_runtime::exemplars::TraceId;
use opentelemetry::{
    Context,
    propagation::{Extractor, TextMapPropagator},
    trace::{TraceContextExt, TracerProvider},
};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing::{Instrument, Span, field::Empty, info, info_span, level_filters::LevelFilter};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Sends spans where `OTEL_EXPORTER_OTLP_ENDPOINT` points to, `http://localhost:4318` by default, and writes logs to
/// standard output. `OTEL_TRACES_SAMPLER` decides which traces are sampled.
pub fn install() -> Result<SdkTracerProvider, ExporterBuildError> {
    let exporter = SpanExporter::builder().with_http().build()?;
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name("traced").build())
        .with_batch_exporter(exporter)
        .build();
    let logs = fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_target(false);
    tracing_subscriber::registry()
        .with(LevelFilter::INFO)
        .with(logs)
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("traced")))
        .init();
    Ok(provider)
}

/// Runs a request in a span of its own, under the trace that its `traceparent` header names, if there is one.
///
/// Log lines carry the trace's id.
pub async fn trace_request(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let method = req.method();
    let route = req.match_pattern().unwrap_or_default();
    let span = info_span!(
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        trace_id = Empty,
        http.response.status_code = Empty,
    );
    let _ = span.set_parent(parent_of(req.headers()));
    let trace = span.context().span().span_context().trace_id();
    span.record("trace_id", trace.to_string());
    let answered = async {
        let answered = next.call(req).await;
        if let Ok(response) = &answered {
            let status = i64::from(response.status().as_u16());
            Span::current().record("http.response.status_code", status);
            info!(status, "answered");
        }
        answered
    };
    answered.instrument(span).await
}

fn parent_of(headers: &HeaderMap) -> Context {
    struct Headers<'a>(&'a HeaderMap);
    impl Extractor for Headers<'_> {
        fn get(&self, key: &str) -> Option<&str> {
            self.0.get(key)?.to_str().ok()
        }

        fn keys(&self) -> Vec<&str> {
            self.0.keys().map(|key| key.as_str()).collect()
        }
    }
    TraceContextPropagator::new().extract(&Headers(headers))
}

/// The hook for `Config::builder().exemplars(..)`: the trace of the request's span, if it is sampled, for nobody can look up
/// another.
///
/// The hook is called inside the middleware, so the current span is that of [`trace_request`] or a child of it.
pub fn current_trace(_req: &HttpRequest) -> Option<TraceId> {
    let context = Span::current().context().span().span_context().clone();
    context
        .is_sampled()
        .then(|| TraceId::from_bytes(context.trace_id().to_bytes()))
}
