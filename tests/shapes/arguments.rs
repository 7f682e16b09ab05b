//! Generic functions and arguments of all kinds.

use std::{fmt::Display, marker::PhantomData};

use actix_web::{
    App, Error, FromRequest, HttpMessage, HttpRequest, HttpResponse, Responder, Result,
    body::MessageBody, dev::ServiceResponse, middleware::from_fn, web,
};
use metrics_runtime::instrument_handler;
use tests::{Server, metrics, settled};

struct Extracted<T>(PhantomData<T>);

impl<T: 'static> FromRequest for Extracted<T> {
    type Error = Error;
    type Future = std::future::Ready<Result<Self, Error>>;

    fn from_request(_: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        std::future::ready(Ok(Self(PhantomData)))
    }
}

#[instrument_handler]
async fn bounded<T, const N: usize>(_: Extracted<T>) -> String
where
    T: Default + Display + 'static,
{
    format!("{}{N}", T::default())
}

type X = Extracted<u8>;

#[expect(clippy::too_many_arguments, reason = "actix takes twelve and more")]
#[instrument_handler]
async fn twelve(
    _: X,
    _: X,
    _: X,
    _: X,
    _: X,
    _: X,
    _: X,
    _: X,
    _: X,
    _: X,
    (_, _): (X, Option<X>),
    mut last: web::Bytes,
) -> usize2 {
    last = last.slice(..);
    usize2(last.len())
}

#[expect(
    non_camel_case_types,
    reason = "a type of the user's own, named as they like"
)]
struct usize2(usize);

impl Responder for usize2 {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, req: &HttpRequest) -> HttpResponse {
        self.0.to_string().respond_to(req).map_into_boxed_body()
    }
}

#[instrument_handler]
async fn no_arguments() -> HttpResponse {
    HttpResponse::Ok().finish()
}

async fn tag(
    req: actix_web::dev::ServiceRequest,
    next: actix_web::middleware::Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>> {
    req.extensions_mut().insert("tagged");
    next.call(req).await
}

#[instrument_handler]
async fn tagged(tag: web::ReqData<&'static str>) -> String {
    (*tag).to_owned()
}

#[test]
fn generic_handlers_with_many_arguments_or_none_are_counted() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .route("/bounded", web::get().to(bounded::<u32, 7>))
            .route("/twelve", web::get().to(twelve))
            .route("/no_arguments", web::get().to(no_arguments))
            .route("/tagged", web::get().to(tagged).wrap(from_fn(tag)))
    });
    for (path, body) in [
        ("/bounded", "07"),
        ("/twelve", "0"),
        ("/no_arguments", ""),
        ("/tagged", "tagged"),
    ] {
        let reply = server.get(path);
        assert_eq!((reply.status, reply.text()), (200, body), "{path}");
    }
    let scrape = settled(metrics, 4);
    for path in ["/bounded", "/twelve", "/no_arguments", "/tagged"] {
        assert_eq!(scrape.requests(path, "GET", 200), 1.0, "{path}");
    }
}
