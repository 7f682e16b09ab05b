//! `CatchAll`: records what no annotated handler recorded, and closes the records of those with what the client sees.

use std::{
    cell::Cell,
    fmt,
    future::{Future, Ready, ready},
    marker::PhantomData,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    thread,
};

use actix_web::{
    Error, HttpRequest, HttpResponse, ResponseError,
    body::{BodySize, MessageBody},
    dev::{
        Payload, ResourceMap, Service, ServiceRequest, ServiceResponse, Transform, forward_ready,
    },
    http::StatusCode,
};
use once_cell::unsync::OnceCell;
use pin_project_lite::pin_project;

use super::{body, claim::request_id, defer, method_of, metrics_of, payload, routes::preregister};
use crate::{
    config::Unmatched,
    engine::clock::{self, Tick},
    http::{
        CacheMiss, Http, NO_HANDLER, Received, Record,
        claim::{Claim, Closed, is_claimed},
    },
    method::Method,
    site::Site,
};

/// The site of all handlers without an attribute. It is not among the annotated sites.
static ANY_HANDLER: Site = Site::new("");

/// Middleware that records what no annotated handler records, and has the last word on the status of those that do.
///
/// What it records itself, with the same families: paths that match no resource (`handler="none"`, see [`Unmatched`]),
/// handlers without the attribute (their template), wrong methods, and errors of middleware it wraps. A request is never
/// counted twice. `/metrics`, handlers with `skip` and excluded ones are not counted.
///
/// A request to an annotated handler is counted with the labels of its attribute and with the response that passes
/// `CatchAll`, which other middleware may have made or changed:
///
/// | inside `CatchAll` | counted as |
/// |---|---|
/// | a middleware answers in place of the handler: a timeout with 504, `ErrorHandlers` with 503 | that status |
/// | a middleware changes status or body, compresses it for instance | what passes, in status and bytes |
/// | a middleware or the handler returns an error | the status of its response |
/// | a panic unwinds through `CatchAll` | `500`, and `panic` in `http_exceptions_total` |
/// | nobody answers, because the client left | `499` |
/// | a middleware calls the handler several times | one request, by the last call |
/// | a middleware answers while the handler runs on in a task of its own | one request, with the handler's own status |
///
/// The duration is that from the request's arrival at `CatchAll` to the end of the response, so it includes the time
/// spent in the middleware inside. A panic that is caught inside `CatchAll` counts as `panic` only if an annotated
/// handler panicked. Without `CatchAll`, a request is counted with what the annotated handler itself answered: a timeout
/// around it then shows as `499`, because the handler is dropped.
///
/// Wrap it around an `App`, a scope or a resource. The last `wrap` is outermost and sees the most, so let `CatchAll` be
/// the last. Of several around one request, the outermost does the work. It allocates nothing for annotated handlers, and
/// matches no route a second time, except for a request that waits before an annotated handler has begun: the gauge then
/// needs its template.
///
/// An error that passes is given back with its response already made, so that a middleware *outside* cannot downcast it.
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
    /// The `App`'s routes, copied at the first request: they are needed when the request is gone.
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

    #[inline]
    fn call(&self, mut req: ServiceRequest) -> Self::Future {
        let caught = Caught::begin(&mut req, &self.routes);
        let response = {
            let _entered = caught.as_ref().map(|caught| caught.claim.enter());
            self.service.call(req)
        };
        CaughtResponse {
            response,
            caught,
            body: PhantomData,
        }
    }
}

/// A request on its way through the services inside. Dropped before it is answered, it records a client that left or a
/// panic.
struct Caught {
    http: &'static Http,
    begun: Tick,
    method: Method,
    is_closed: bool,
    claim: Claim,
    routes: Rc<OnceCell<ResourceMap>>,
}

impl Caught {
    /// `None` where the request is not to be recorded here: metrics are off, or another `CatchAll` is outside.
    #[inline]
    fn begin(req: &mut ServiceRequest, routes: &Rc<OnceCell<ResourceMap>>) -> Option<Self> {
        let begun = clock::now();
        let http = metrics_of(req.request()).0.http;
        if !http.config.enabled || is_claimed(|| request_id(req.request())) {
            return None;
        }
        if routes.get().is_none() {
            preregister(req.request());
            let _ = routes.set(req.resource_map().clone());
        }
        let method = method_of(req.method());
        let (request, payload) = req.parts_mut();
        let received = match payload {
            Payload::None => Received::Bytes(0),
            _ => payload::receive(request, payload),
        };
        let claim = Claim::new(request_id(request), begun, received, request.path())?;
        Some(Self {
            http,
            begun,
            method,
            is_closed: false,
            claim,
            routes: Rc::clone(routes),
        })
    }

    /// The services inside wait.
    #[inline]
    fn wait(&self) {
        self.claim.wait(|path| self.begin_by_path(path));
    }

    /// The record of a request that is answered.
    #[inline]
    fn answered(&mut self, request: &HttpRequest) -> Record {
        match self.claim.close_taken() {
            Some(record) => {
                self.is_closed = true;
                record
            }
            None => self.answered_untaken(request),
        }
    }

    #[inline(never)]
    fn answered_untaken(&mut self, request: &HttpRequest) -> Record {
        let Some(closed) = self.close() else {
            return Record::default();
        };
        let mut record = closed.record;
        // What shows a waiting request in the gauge may be under the template of a path that was rewritten since.
        if !record.is_labelled(&request) {
            record.cancel();
            let begun = Some(self.begun);
            let cached = self
                .http
                .begin_cached(&ANY_HANDLER, self.method, &request, begun);
            record = cached.unwrap_or_else(|CacheMiss| {
                self.begin_under(request.match_pattern(), request.path())
            });
        }
        record.receives(|| closed.received);
        record
    }

    fn close(&mut self) -> Option<Closed> {
        self.is_closed = true;
        self.claim.close()
    }

    /// Records an error that passes, with the response actix would make of it.
    #[cold]
    fn fail(&mut self, error: Error) -> Error {
        let path = self.claim.path();
        let record = match self.close() {
            Some(closed) => self.unanswered(closed, &path),
            None => Record::default(),
        };
        if record.is_none() {
            return error;
        }
        let answer = error.error_response();
        let sent = match answer.body().size() {
            BodySize::Sized(bytes) => bytes,
            BodySize::None | BodySize::Stream => 0,
        };
        record.finish(answer.status().as_u16(), sent);
        Answered::new(error, answer).into()
    }

    #[cold]
    fn abandon(&mut self) {
        let path = self.claim.path();
        if let Some(closed) = self.close() {
            let panicked = closed.panicked || thread::panicking();
            let panic_counted = closed.panic_counted;
            self.unanswered(closed, &path)
                .abandon(panicked, panic_counted);
        }
    }

    /// The record of a request that is gone.
    #[cold]
    fn unanswered(&self, closed: Closed, path: &str) -> Record {
        let mut record = closed.record;
        if !closed.taken {
            if record.is_none() {
                record = self.begin_by_path(path);
            }
            record.receives(|| closed.received);
        }
        record
    }

    #[cold]
    fn begin_by_path(&self, path: &str) -> Record {
        let routes = self.routes.get();
        self.begin_under(routes.and_then(|routes| routes.match_pattern(path)), path)
    }

    /// Begins a record under the template, or as the configuration says of requests without one.
    ///
    /// Their paths are nobody's label yet, so whether they are excluded is checked here.
    fn begin_under(&self, template: Option<String>, path: &str) -> Record {
        let config = &self.http.config;
        let label = match (template, config.unmatched) {
            (Some(template), _) => template,
            (None, Unmatched::Ignore) => return Record::default(),
            (None, _) if config.is_excluded(path) => return Record::default(),
            (None, Unmatched::Group) => NO_HANDLER.to_owned(),
            (None, Unmatched::Keep) => path.to_owned(),
        };
        let mut label = Some(label);
        let label = || label.take();
        self.http
            .begin(&ANY_HANDLER, self.method, self.begun, label, defer)
    }
}

impl Drop for Caught {
    #[inline]
    fn drop(&mut self) {
        if !self.is_closed {
            self.abandon();
        }
    }
}

pin_project! {
    /// The future of [`CatchAllService`]. Dropped before it is ready, it records a client that left, or a panic.
    pub struct CaughtResponse<F, B> {
        // Dropped before `caught`, which closes the record that an abandoned handler leaves.
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

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(caught) = this.caught else {
            let result = ready!(this.response.poll(cx));
            return Poll::Ready(result.map(ServiceResponse::map_into_boxed_body));
        };
        let polled = {
            let _entered = caught.claim.enter();
            this.response.poll(cx)
        };
        Poll::Ready(match polled {
            Poll::Pending => {
                caught.wait();
                return Poll::Pending;
            }
            Poll::Ready(Ok(response)) => {
                let record = caught.answered(response.request());
                let (request, response) = response.into_parts();
                let response = body::metered(response, record, &request);
                Ok(ServiceResponse::new(request, response))
            }
            Poll::Ready(Err(error)) => Err(caught.fail(error)),
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
