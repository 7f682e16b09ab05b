//! The same four routes, once per way of measuring them.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{App, HttpRequest, HttpResponse, Responder, test, web};
use metrics_runtime::{CatchAll, instrument_handler};
use serde::{Deserialize, Serialize};

use crate::harness::{Subject, drive};
use crate::manual;

/// Who measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    Bare,
    OursLiteral,
    OursTemplate,
    /// The setup README recommends: annotated handlers, and `CatchAll` around the `App`.
    OursLiteralCatchAll,
    OursTemplateCatchAll,
    /// No handler is annotated.
    CatchAllAlone,
    HandWritten,
    Autometrics,
    ActixWebProm,
    ActixWebMetrics,
    OpenTelemetry,
}

impl Way {
    pub const ALL: [Self; 11] = [
        Self::Bare,
        Self::OursLiteral,
        Self::OursTemplate,
        Self::OursLiteralCatchAll,
        Self::OursTemplateCatchAll,
        Self::CatchAllAlone,
        Self::HandWritten,
        Self::Autometrics,
        Self::ActixWebProm,
        Self::ActixWebMetrics,
        Self::OpenTelemetry,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::OursLiteral => "ours, literal label",
            Self::OursTemplate => "ours, matched template",
            Self::OursLiteralCatchAll => "ours, literal label, CatchAll",
            Self::OursTemplateCatchAll => "ours, matched template, CatchAll",
            Self::CatchAllAlone => "ours, CatchAll alone",
            Self::HandWritten => "hand-written, prometheus",
            Self::Autometrics => "autometrics",
            Self::ActixWebProm => "actix-web-prom",
            Self::ActixWebMetrics => "actix-web-metrics",
            Self::OpenTelemetry => "opentelemetry",
        }
    }
}

/// What is asked of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// `GET`, answered with a `String`.
    Text,
    /// `GET`, answered with `web::Json`.
    Json,
    /// `GET`, answered with 1 KiB of `Bytes` in an `HttpResponse`.
    Bytes,
    /// `POST` of a JSON body, answered with an empty 204.
    Upload,
    /// As `Text`, under a trace.
    Traced { sampled: bool },
}

impl Shape {
    pub const ALL: [Self; 4] = [Self::Text, Self::Json, Self::Bytes, Self::Upload];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Json => "JSON",
            Self::Bytes => "known size",
            Self::Upload => "JSON upload",
            Self::Traced { .. } => "string under a trace",
        }
    }

    /// A request as the server's parser would hand it to the application, to a path behind `prefix`.
    pub fn request(self, prefix: &str) -> actix_http::Request {
        let (method, path) = match self {
            Self::Text | Self::Traced { .. } => (Method::GET, "/items/42"),
            Self::Json => (Method::GET, "/json/42"),
            Self::Bytes => (Method::GET, "/bytes/42"),
            Self::Upload => (Method::POST, "/upload/42"),
        };
        let mut request = test::TestRequest::with_uri(&format!("{prefix}{path}")).method(method);
        if let Self::Traced { sampled } = self {
            let flags = u8::from(sampled);
            let trace = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags:02}");
            request = request.insert_header(("traceparent", trace));
        }
        if self == Self::Upload {
            request = request.set_json(Item {
                id: 42,
                name: "a name".into(),
            });
        }
        let request = request
            .insert_header(("host", "localhost:8080"))
            .insert_header(("user-agent", "bench"))
            .insert_header(("accept", "*/*"))
            .to_request();
        match self {
            Self::Upload => request,
            // The parser says when there is no body; a test request carries an empty stream.
            Self::Text | Self::Json | Self::Bytes | Self::Traced { .. } => {
                request.replace_payload(Payload::None).0
            }
        }
    }
}

/// What else is in the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Setup {
    /// Nothing.
    Alone,
    /// Every handler a second time, in a scope: requests go to both mounts in turn.
    MountedTwice,
    /// [`OTHER_ROUTES`] that were registered before.
    ManyRoutes,
}

const SCOPE: &str = "/api/v1";

/// How many routes actix tries in vain in [`Setup::ManyRoutes`].
pub const OTHER_ROUTES: usize = 300;

impl Setup {
    pub const ALL: [Self; 3] = [Self::Alone, Self::MountedTwice, Self::ManyRoutes];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Alone => "one route",
            Self::MountedTwice => "each function mounted twice",
            Self::ManyRoutes => "300 other routes",
        }
    }

    /// Where the request of this number goes.
    pub const fn prefix(self, number: usize) -> &'static str {
        match self {
            Self::MountedTwice if number % 2 == 1 => SCOPE,
            _ => "",
        }
    }

    fn configure(self, config: &mut web::ServiceConfig, routes: fn(&mut web::ServiceConfig)) {
        match self {
            Self::Alone => {}
            Self::MountedTwice => {
                config.service(web::scope(SCOPE).configure(routes));
            }
            Self::ManyRoutes => {
                for number in 0..OTHER_ROUTES {
                    let path = format!("/other{number}/{{id}}");
                    config.route(&path, web::get().to(HttpResponse::NoContent));
                }
            }
        }
        routes(config);
    }
}

#[derive(Serialize, Deserialize)]
pub struct Item {
    pub id: u64,
    pub name: String,
}

static PAGE: [u8; 1024] = [b'x'; 1024];

async fn text_body(id: u64) -> String {
    id.to_string()
}

async fn json_body(id: u64) -> web::Json<Item> {
    web::Json(Item {
        id,
        name: "a name".into(),
    })
}

async fn bytes_body(_id: u64) -> HttpResponse {
    HttpResponse::Ok().body(web::Bytes::from_static(&PAGE))
}

async fn upload_body(_id: u64, item: Item) -> HttpResponse {
    drop(item);
    HttpResponse::NoContent().finish()
}

macro_rules! handlers {
    ($module:ident, [$($text:tt)*], [$($json:tt)*], [$($bytes:tt)*], [$($upload:tt)*]) => {
        mod $module {
            use super::*;

            $($text)*
            async fn text(id: web::Path<u64>) -> String {
                text_body(id.into_inner()).await
            }

            $($json)*
            async fn json(id: web::Path<u64>) -> web::Json<Item> {
                json_body(id.into_inner()).await
            }

            $($bytes)*
            async fn bytes(id: web::Path<u64>) -> HttpResponse {
                bytes_body(id.into_inner()).await
            }

            $($upload)*
            async fn upload(id: web::Path<u64>, item: web::Json<Item>) -> HttpResponse {
                upload_body(id.into_inner(), item.into_inner()).await
            }

            routes!();
        }
    };
}

macro_rules! routes {
    () => {
        pub fn routes(config: &mut web::ServiceConfig) {
            config
                .service(web::resource("/items/{id}").route(web::get().to(text)))
                .service(web::resource("/json/{id}").route(web::get().to(json)))
                .service(web::resource("/bytes/{id}").route(web::get().to(bytes)))
                .service(web::resource("/upload/{id}").route(web::post().to(upload)));
        }
    };
}

handlers!(plain, [], [], [], []);
handlers!(
    literal,
    [#[instrument_handler(handler = "/items/{id}")]],
    [#[instrument_handler(handler = "/json/{id}")]],
    [#[instrument_handler(handler = "/bytes/{id}")]],
    [#[instrument_handler(handler = "/upload/{id}")]]
);
handlers!(
    template,
    [#[instrument_handler]],
    [#[instrument_handler]],
    [#[instrument_handler]],
    [#[instrument_handler]]
);
handlers!(
    autometered,
    [#[autometrics::autometrics]],
    [#[autometrics::autometrics]],
    [#[autometrics::autometrics]],
    [#[autometrics::autometrics]]
);

mod hand_written {
    use super::*;

    async fn text(request: HttpRequest, id: web::Path<u64>) -> impl Responder {
        manual::record("/items/{id}", request, text_body(id.into_inner())).await
    }

    async fn json(request: HttpRequest, id: web::Path<u64>) -> impl Responder {
        manual::record("/json/{id}", request, json_body(id.into_inner())).await
    }

    async fn bytes(request: HttpRequest, id: web::Path<u64>) -> impl Responder {
        manual::record("/bytes/{id}", request, bytes_body(id.into_inner())).await
    }

    async fn upload(
        request: HttpRequest,
        id: web::Path<u64>,
        item: web::Json<Item>,
    ) -> impl Responder {
        manual::record(
            "/upload/{id}",
            request,
            upload_body(id.into_inner(), item.into_inner()),
        )
        .await
    }

    routes!();
}

pub use literal::routes as literal_routes;
pub use plain::routes as plain_routes;
pub use template::routes as template_routes;

/// What the peers keep once per process, besides what they keep in statics of their own.
pub struct Peers {
    prom: actix_web_prom::PrometheusMetrics,
    metrics_rs: metrics_exporter_prometheus::PrometheusHandle,
    otel: opentelemetry_sdk::metrics::SdkMeterProvider,
}

impl Peers {
    /// Installs every recorder; once per process.
    pub fn install() -> Self {
        autometrics::prometheus_exporter::init();
        Self {
            prom: actix_web_prom::PrometheusMetricsBuilder::new("api")
                .build()
                .expect("valid names"),
            metrics_rs: metrics_exporter_prometheus::PrometheusBuilder::new()
                .set_buckets(&[0.05, 0.1, 0.3, 1.0, 3.0, 5.0])
                .expect("buckets are not empty")
                .install_recorder()
                .expect("first recorder of the process"),
            otel: otel::provider(),
        }
    }

    /// What exporters do in the background and benchmarks must not let pile up.
    pub fn upkeep(&self) {
        self.metrics_rs.run_upkeep();
    }

    /// Fails unless every way has recorded the request it was sent.
    ///
    /// # Panics
    /// Naming the way that recorded nothing.
    pub fn check_recorded(&self) {
        let text = |families| {
            prometheus::TextEncoder::new()
                .encode_to_string(families)
                .expect("encodes")
        };
        let outputs = [
            (
                "ours",
                metrics_runtime::render(metrics_runtime::Format::Text),
                "http_requests_total{",
            ),
            (
                "hand-written",
                text(&manual::FAMILIES.registry().gather()),
                "http_requests_total{",
            ),
            (
                "actix-web-prom",
                text(&self.prom.registry.gather()),
                "api_http_requests_total{",
            ),
            (
                "actix-web-metrics",
                self.metrics_rs.render(),
                "http_server_request_duration_count{",
            ),
            (
                "autometrics",
                autometrics::prometheus_exporter::encode_to_string().expect("encodes"),
                "function_calls_total{",
            ),
            (
                "opentelemetry",
                otel::names(&self.otel),
                "http.server.request.duration",
            ),
        ];
        for (name, output, expected) in outputs {
            assert!(
                output.contains(expected),
                "{name} recorded nothing:\n{output}"
            );
        }
    }

    /// The application, measured in one way, ready to be sent requests of one shape.
    pub async fn subject(&self, way: Way, setup: Setup, shape: Shape) -> Subject {
        macro_rules! subject {
            ($app:expr, $routes:expr) => {{
                let app = $app.configure(|config| setup.configure(config, $routes));
                let service = test::init_service(app).await;
                let drive = Box::new(move |requests| drive(&service, requests));
                Subject::new(setup, shape, drive)
            }};
        }
        match way {
            Way::Bare => subject!(App::new(), plain::routes),
            Way::OursLiteral => subject!(App::new(), literal::routes),
            Way::OursTemplate => subject!(App::new(), template::routes),
            Way::OursLiteralCatchAll => subject!(App::new().wrap(CatchAll), literal::routes),
            Way::OursTemplateCatchAll => subject!(App::new().wrap(CatchAll), template::routes),
            Way::CatchAllAlone => subject!(App::new().wrap(CatchAll), plain::routes),
            Way::HandWritten => subject!(App::new(), hand_written::routes),
            Way::Autometrics => subject!(App::new(), autometered::routes),
            Way::ActixWebProm => subject!(App::new().wrap(self.prom.clone()), plain::routes),
            Way::ActixWebMetrics => subject!(
                App::new().wrap(actix_web_metrics::ActixWebMetricsBuilder::new().build()),
                plain::routes
            ),
            Way::OpenTelemetry => subject!(
                App::new().wrap(
                    opentelemetry_instrumentation_actix_web::RequestMetrics::builder()
                        .with_meter_provider(self.otel.clone())
                        .build()
                ),
                plain::routes
            ),
        }
    }
}

mod otel {
    use std::sync::{Mutex, PoisonError};

    use opentelemetry_sdk::error::OTelSdkResult;
    use opentelemetry_sdk::metrics::data::ResourceMetrics;
    use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
    use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};

    use super::Duration;

    /// Keeps the names of the last export, so that recording is real and exporting costs nothing.
    struct Names;

    static LAST: Mutex<String> = Mutex::new(String::new());

    impl PushMetricExporter for Names {
        async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
            let names: Vec<_> = metrics
                .scope_metrics()
                .flat_map(|scope| scope.metrics())
                .map(|metric| metric.name().to_owned())
                .collect();
            *LAST.lock().unwrap_or_else(PoisonError::into_inner) = names.join("\n");
            Ok(())
        }

        fn force_flush(&self) -> OTelSdkResult {
            Ok(())
        }

        fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
            Ok(())
        }

        fn temporality(&self) -> Temporality {
            Temporality::Cumulative
        }
    }

    pub fn provider() -> SdkMeterProvider {
        let reader = PeriodicReader::builder(Names)
            .with_interval(Duration::from_secs(3600))
            .build();
        SdkMeterProvider::builder().with_reader(reader).build()
    }

    pub fn names(provider: &SdkMeterProvider) -> String {
        provider.force_flush().expect("the exporter cannot fail");
        LAST.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
