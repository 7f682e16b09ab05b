//! `/metrics`: who may ask how, and what they get.

use std::{borrow::Cow, cell::Cell, rc::Rc, thread};

use actix_web::{
    HttpRequest, HttpResponse, Scope,
    http::header::{self, Accept, AcceptEncoding, Encoding, Header},
    mime::Mime,
    web,
};

use super::{claim, routes};
use crate::{
    expose::{self, Format},
    instance::{self, Metrics},
};

/// Mounts the process-wide `/metrics`, or the path given to [`endpoint`](crate::ConfigBuilder::endpoint).
///
/// It is an ordinary [`Scope`]: wrap it with authentication, guard it, or mount it in an `App` on another port. `GET`
/// and `HEAD` answer 200 with the text format, or with OpenMetrics 1.0 for a client that prefers it, compressed for
/// one that accepts gzip; `Vary` names the headers that this depends on. A client that names an escaping scheme, as
/// Prometheus 3 does, reads in the content type of OpenMetrics which one was used. Other methods answer 405. Rendering
/// runs on actix's blocking pool and gives way to other threads as it goes; no request waits for it but a thread's
/// first to a handler. A scrape is never counted. With `ENABLE_METRICS=false` the scope is empty: 404.
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
    let (format, content_type) = negotiate(&req);
    let may_compress = metrics.config().gzip;
    let compress = may_compress && accepts_gzip(&req);
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
        .insert_header((header::CONTENT_TYPE, content_type.as_ref()))
        .insert_header((
            header::VARY,
            if may_compress {
                "accept, accept-encoding"
            } else {
                "accept"
            },
        ));
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

/// OpenMetrics for a client that gives it at least the quality of the text format, the text format for all others; and
/// the content type of the answer.
fn negotiate(req: &HttpRequest) -> (Format, Cow<'static, str>) {
    let accepted = Accept::parse(req)
        .map(|accept| accept.0)
        .unwrap_or_default();
    // `max_by_key` takes the last of several that are equal, and the first is preferred.
    let best = |matches: &dyn Fn(&str, &str, Option<&str>) -> bool| {
        accepted
            .iter()
            .rev()
            .filter(|item| {
                let version = parameter(&item.item, "version");
                matches(
                    item.item.type_().as_str(),
                    item.item.subtype().as_str(),
                    version,
                )
            })
            .max_by_key(|item| item.quality)
    };
    let openmetrics = best(&|kind, subtype, version| {
        kind == "application"
            && subtype == "openmetrics-text"
            && version.is_none_or(|version| version.starts_with("1."))
    });
    let text = best(&|kind, subtype, version| {
        kind == "text" && subtype == "plain" && version.is_none_or(|version| version == "0.0.4")
    });
    match openmetrics {
        Some(openmetrics)
            if openmetrics.quality > header::q(0.0)
                && text.is_none_or(|text| openmetrics.quality >= text.quality) =>
        {
            let content_type = Format::OpenMetrics.content_type();
            let content_type = match parameter(&openmetrics.item, "escaping") {
                Some(asked) => format!("{content_type}; escaping={}", escaping(asked)).into(),
                None => content_type.into(),
            };
            (Format::OpenMetrics, content_type)
        }
        _ => (Format::Text, Format::Text.content_type().into()),
    }
}

fn parameter<'a>(media_type: &'a Mime, name: &'a str) -> Option<&'a str> {
    media_type.get_param(name).map(|value| value.as_str())
}

/// How names are escaped, for a client that says how it wants them to be: every client of Prometheus 3 does.
///
/// All names here consist of letters, digits, `_` and `:`, so they are the same with and without the escaping by
/// underscores. Other schemes would change them, and are answered with the one that a client must understand.
fn escaping(asked: &str) -> &'static str {
    match asked {
        "allow-utf-8" | "allow-utf8" => "allow-utf-8",
        _ => "underscores",
    }
}

fn accepts_gzip(req: &HttpRequest) -> bool {
    AcceptEncoding::parse(req).is_ok_and(|accept| {
        !accept.is_empty()
            && accept.negotiate([Encoding::gzip(), Encoding::identity()].iter())
                == Some(Encoding::gzip())
    })
}
