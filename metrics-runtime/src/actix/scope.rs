//! `/metrics`: who may ask how, and what they get.

use std::{cell::Cell, rc::Rc, thread};

use actix_web::{
    HttpRequest, HttpResponse, Scope,
    http::header::{self, Accept, AcceptEncoding, Encoding, Header},
    web,
};

use super::{claim, routes};
use crate::{
    expose::{self, Format},
    instance::{self, Metrics},
};

/// Mounts the process-wide `/metrics`, or the path given to [`endpoint`](crate::ConfigBuilder::endpoint).
///
/// It is an ordinary [`Scope`]: wrap it with authentication, guard it, or mount it in an `App` on another port.
/// `GET` and `HEAD` answer 200 with the text format, or with OpenMetrics 1.0 for a client that prefers it, compressed
/// for one that accepts gzip; other methods answer 405. Rendering runs on actix's blocking pool and gives way to other
/// threads as it goes; no request waits for it but a thread's first to a handler. A scrape is never counted. With
/// `ENABLE_METRICS=false` the scope is empty: 404.
///
/// # Panics
/// If [`init`](crate::init) was not called and the environment is invalid, with the
/// [`ConfigError`](crate::ConfigError)'s text: at start-up, when the `App` is built.
///
/// ```
/// use actix_web::{App, test};
/// use metrics_runtime::metrics_scope;
///
/// # actix_web::rt::System::new().block_on(async {
/// let app = test::init_service(App::new().service(metrics_scope())).await;
/// let scrape = test::TestRequest::get().uri("/metrics").to_request();
/// assert!(test::call_service(&app, scrape).await.status().is_success());
/// # });
/// ```
#[must_use]
pub fn metrics_scope() -> Scope {
    match instance::global() {
        Ok(metrics) => metrics.scope(),
        Err(error) => panic!("{error}"),
    }
}

impl Metrics {
    /// Mounts these metrics' endpoint, as [`metrics_scope`] does with the process-wide ones.
    pub fn scope(&self) -> Scope {
        let metrics = *self;
        let scope = web::scope(&self.config().endpoint);
        if !self.config().enabled {
            return scope;
        }
        let was_scraped = Rc::new(Cell::new(false));
        let scrape = move |req| scrape(metrics, req, was_scraped.replace(true));
        scope.service(
            web::resource("")
                .route(web::get().to(scrape.clone()))
                .route(web::head().to(scrape))
                .route(web::route().to(refuse)),
        )
    }
}

async fn refuse(req: HttpRequest) -> HttpResponse {
    let _ = claim::take(&req);
    HttpResponse::MethodNotAllowed()
        .insert_header((header::ALLOW, "GET, HEAD"))
        .finish()
}

async fn scrape(metrics: Metrics, req: HttpRequest, was_scraped: bool) -> HttpResponse {
    let _ = claim::take(&req);
    if !was_scraped {
        routes::preregister(&req);
    }
    let format = negotiate(&req);
    let compress = metrics.config().gzip && accepts_gzip(&req);
    drop(req);
    // A worker that waits for this processor can have it between two blocks.
    let rendered = web::block(move || {
        if compress {
            expose::render_gzip(metrics.0, format, thread::yield_now)
        } else {
            Ok(expose::render(metrics.0, format, thread::yield_now).into_bytes())
        }
    })
    .await;
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, format.content_type()))
        .insert_header((header::VARY, "accept, accept-encoding"));
    match rendered {
        Ok(Ok(body)) => {
            if compress {
                response.insert_header((header::CONTENT_ENCODING, "gzip"));
            }
            response.body(body)
        }
        Ok(Err(error)) => {
            HttpResponse::InternalServerError().body(format!("cannot compress: {error}"))
        }
        Err(_) => HttpResponse::ServiceUnavailable()
            .body("a collector panicked, or the server is stopping"),
    }
}

/// OpenMetrics for a client that gives it a higher quality than the text format, the text format for all others.
fn negotiate(req: &HttpRequest) -> Format {
    let Ok(accept) = Accept::parse(req) else {
        return Format::Text;
    };
    let quality = |matches: &dyn Fn(&str, &str, Option<&str>) -> bool| {
        accept
            .0
            .iter()
            .filter(|item| {
                let version = item
                    .item
                    .get_param("version")
                    .map(|version| version.as_str());
                matches(
                    item.item.type_().as_str(),
                    item.item.subtype().as_str(),
                    version,
                )
            })
            .map(|item| item.quality)
            .max()
    };
    let openmetrics = quality(&|kind, subtype, version| {
        kind == "application"
            && subtype == "openmetrics-text"
            && version.is_none_or(|version| version.starts_with("1."))
    });
    let text = quality(&|kind, subtype, version| {
        kind == "text" && subtype == "plain" && version.is_none_or(|version| version == "0.0.4")
    });
    match (openmetrics, text) {
        (Some(openmetrics), text) if openmetrics > header::q(0.0) && Some(openmetrics) >= text => {
            Format::OpenMetrics
        }
        _ => Format::Text,
    }
}

fn accepts_gzip(req: &HttpRequest) -> bool {
    AcceptEncoding::parse(req).is_ok_and(|accept| {
        !accept.is_empty()
            && accept.negotiate([Encoding::gzip(), Encoding::identity()].iter())
                == Some(Encoding::gzip())
    })
}
