//! `/metrics`: who may ask how, and what they get.

use std::{cell::Cell, collections::BTreeMap, iter, rc::Rc, thread};

use actix_web::{
    HttpRequest, HttpResponse, Scope,
    error::UrlGenerationError,
    http::header::{self, Accept, AcceptEncoding, Encoding, Header},
    web,
};

use super::claim;
use crate::{
    expose::{self, Format},
    instance::{self, Metrics},
    site::{SITES, Site},
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
        let declared = Rc::new(Cell::new(false));
        let scrape = move |req| scrape(metrics, req, Rc::clone(&declared));
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

async fn scrape(metrics: Metrics, req: HttpRequest, declared: Rc<Cell<bool>>) -> HttpResponse {
    let _ = claim::take(&req);
    if !declared.get() {
        declared.set(declare_templates(metrics, &req).is_ok());
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

/// Shows at zero the handlers whose template this `App`'s routes tell; done at a worker's first scrape.
///
/// actix's routing attributes name a resource after its function. So a site's name leads to a path that would match
/// it, and the path to the template with all its scopes. A name that two sites share tells nothing.
///
/// # Errors
/// If the client's `Host` makes no URL, without which actix names no path: the next scrape tries again.
fn declare_templates(metrics: Metrics, req: &HttpRequest) -> Result<(), UrlGenerationError> {
    let routes = req.resource_map();
    let mut by_name: BTreeMap<&str, Vec<&'static Site>> = BTreeMap::new();
    for site in SITES {
        by_name.entry(site.function).or_default().push(site);
    }
    for (name, sites) in by_name {
        let [site] = sites[..] else { continue };
        if site.handler.is_some() {
            continue;
        }
        // A parameter may have a pattern of its own: a number and a word satisfy most.
        for filler in ["1", "a"] {
            let url = match req.url_for(name, iter::repeat(filler)) {
                Ok(url) => url,
                Err(UrlGenerationError::ResourceNotFound) => break,
                Err(error) => return Err(error),
            };
            if routes.match_name(url.path()) == Some(name)
                && let Some(template) = routes.match_pattern(url.path())
            {
                metrics.0.http.preregister(site, &template);
                break;
            }
        }
    }
    Ok(())
}
