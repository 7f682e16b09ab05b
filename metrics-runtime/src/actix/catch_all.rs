//! `CatchAll`: records what no annotated handler recorded.

use std::{
    cell::Cell,
    fmt,
    future::{Future, Ready, ready},
    marker::PhantomData,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use actix_web::{
    Error, HttpMessage, HttpResponse, ResponseError,
    body::{BodySize, MessageBody},
    dev::{ResourceMap, Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    http::{Method, StatusCode},
};
use once_cell::unsync::OnceCell;
use pin_project_lite::pin_project;

use super::{body, claim::Claim, method_of, metrics_of, payload};
use crate::{
    config::Unmatched,
    engine::{clock, clock::Tick},
    http::{NO_HANDLER, Record},
    instance::Metrics,
    site::Site,
};

/// Stands for all handlers without an attribute. Nothing is put among the annotated sites.
static ANY_HANDLER: Site = Site::new("");

/// Middleware that records, with the same families, what no annotated handler records.
///
/// That is: paths that match no resource (`handler="none"`, see [`Unmatched`]), handlers without the attribute (their
/// template), wrong methods, and errors of middleware it wraps, with the status their client sees. A request is never
/// counted twice, and `/metrics` never. A client that leaves is `499`, a panic `500`.
///
/// Wrap it around an `App`, a scope or a resource; the last `wrap` is outermost and sees the most. It costs two small
/// allocations per request, annotated or not.
///
/// ```
/// use actix_web::{App, test};
/// use metrics_runtime::{CatchAll, metrics_scope, value};
///
/// # actix_web::rt::System::new().block_on(async {
/// let app = test::init_service(App::new().service(metrics_scope()).wrap(CatchAll)).await;
/// test::call_service(&app, test::TestRequest::get().uri("/nowhere").to_request()).await;
/// let labels = [("handler", "none"), ("method", "GET"), ("status", "404")];
/// assert_eq!(value("http_requests_total", &labels), Some(1.0));
/// # });
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct CatchAll;

impl<S, B> Transform<S, ServiceRequest> for CatchAll
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse;
    type Error = Error;
    type Transform = CatchAllService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(CatchAllService {
            service,
            routes: Rc::default(),
        }))
    }
}

/// The service [`CatchAll`] makes.
#[derive(Debug)]
pub struct CatchAllService<S> {
    service: S,
    /// The `App`'s routes, copied at the first request: they outlive it, and the request must not be held.
    routes: Rc<OnceCell<ResourceMap>>,
}

impl<S, B> Service<ServiceRequest> for CatchAllService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse;
    type Error = Error;
    type Future = CaughtResponse<S::Future, B>;

    forward_ready!(service);

    fn call(&self, mut req: ServiceRequest) -> Self::Future {
        let caught = Caught::begin(&mut req, &self.routes);
        CaughtResponse {
            response: self.service.call(req),
            caught,
            body: PhantomData,
        }
    }
}

/// A request on its way through the services inside.
struct Caught {
    metrics: Metrics,
    method: Method,
    begun: Tick,
    claim: Claim,
}

impl Caught {
    /// `None` where somebody else answers for the request: metrics are off, or another `CatchAll` stands outside.
    fn begin(req: &mut ServiceRequest, routes: &OnceCell<ResourceMap>) -> Option<Self> {
        let begun = clock::now();
        let metrics = metrics_of(req.request());
        if !metrics.config().enabled || req.extensions().get::<Claim>().is_some() {
            return None;
        }
        let routes = routes.get_or_init(|| req.resource_map().clone());
        let method = req.method().clone();
        let template = routes.match_pattern(req.path());
        let mut record = begin(metrics, &method, begun, template, req.path());
        let (request, payload) = req.parts_mut();
        record.receives(|| payload::receive(request, payload));
        let claim = Claim::new(record);
        req.extensions_mut().insert(claim.clone());
        Some(Self {
            metrics,
            method,
            begun,
            claim,
        })
    }
}

/// Begins a record under the template, or as the configuration says of requests without one.
///
/// Their paths are nobody's label yet, so whether they are excluded is asked here.
fn begin(
    metrics: Metrics,
    method: &Method,
    begun: Tick,
    template: Option<String>,
    path: &str,
) -> Record {
    let config = metrics.config();
    let label = match (template, config.unmatched) {
        (Some(template), _) => template,
        (None, Unmatched::Ignore) => return Record::default(),
        (None, _) if config.is_excluded(path) => return Record::default(),
        (None, Unmatched::Group) => NO_HANDLER.to_owned(),
        (None, Unmatched::Keep) => path.to_owned(),
    };
    let mut label = Some(label);
    let http = metrics.0.http;
    http.begin(
        &ANY_HANDLER,
        method_of(method),
        begun,
        || label.take(),
        super::defer,
    )
}

pin_project! {
    /// The future of [`CatchAllService`]. Dropped before it is ready, it records a client that left.
    pub struct CaughtResponse<F, B> {
        #[pin]
        response: F,
        caught: Option<Caught>,
        body: PhantomData<B>,
    }
}

impl<F, B> Future for CaughtResponse<F, B>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody + 'static,
{
    type Output = Result<ServiceResponse, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.response.poll(cx));
        let caught = this.caught.take();
        Poll::Ready(match result {
            Ok(response) => {
                let record = caught.map_or_else(Record::default, |caught| caught.settle(&response));
                let (request, response) = response.into_parts();
                let response = body::metered(response, record);
                Ok(ServiceResponse::new(request, response))
            }
            Err(error) => {
                let record = caught.map_or_else(Record::default, |caught| caught.claim.close());
                if record.is_none() {
                    return Poll::Ready(Err(error));
                }
                let answer = error.error_response();
                let sent = match answer.body().size() {
                    BodySize::Sized(bytes) => bytes,
                    BodySize::None | BodySize::Stream => 0,
                };
                record.finish(answer.status().as_u16(), sent);
                Err(Answered::new(error, answer).into())
            }
        })
    }
}

/// An error whose answer was made to be recorded. An error may make it but once (`InternalError::from_response`), so
/// it is handed on with the error.
struct Answered {
    error: Error,
    status: StatusCode,
    answer: Cell<Option<HttpResponse>>,
}

impl Answered {
    fn new(error: Error, answer: HttpResponse) -> Self {
        Self {
            error,
            status: answer.status(),
            answer: Cell::new(Some(answer)),
        }
    }
}

impl ResponseError for Answered {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        self.answer
            .take()
            .unwrap_or_else(|| self.error.error_response())
    }
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl fmt::Debug for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.error, f)
    }
}

/// Whatever becomes of the request's extensions, the record ends with the response's future.
impl Drop for Caught {
    fn drop(&mut self) {
        drop(self.claim.close());
    }
}

impl Caught {
    /// The record under the template actix matched in the end, if nobody took the request.
    fn settle<B>(self, response: &ServiceResponse<B>) -> Record {
        let mut record = self.claim.close();
        if record.is_none() {
            return record;
        }
        let matched = response.request().match_pattern();
        if matched.is_some() && matched.as_deref() != record.handler() {
            let received = record.take_received();
            record.cancel();
            let path = response.request().path();
            record = begin(self.metrics, &self.method, self.begun, matched, path);
            record.receives(|| received);
        }
        record
    }
}
