// an error may be inside another return type, whatever names are shadowed
#![no_implicit_prelude]
#![deny(warnings)]
#![allow(dead_code)]

use ::actix_web::{App, Either, HttpResponse, error::ResponseError, web};
use ::metrics_runtime::instrument_handler;
use ::std::{
    convert::From,
    default::Default,
    fmt::{Debug, Display, Formatter},
    result::Result::{self, Err, Ok},
    string::String,
};

struct Probe;
struct ErrorType;
trait Known {}

#[derive(Debug)]
struct Gone;

impl Display for Gone {
    fn fmt(&self, f: &mut Formatter<'_>) -> ::std::fmt::Result {
        f.write_str("gone")
    }
}

impl ResponseError for Gone {}

/// No error of actix's, but turned into one.
struct Turned(Probe);

impl From<Turned> for ::actix_web::Error {
    fn from(_: Turned) -> Self {
        ::actix_web::error::ErrorGone("turned")
    }
}

type ReadResult<T> = Result<T, Gone>;
/// Not what it is called.
type NoResult = String;

#[instrument_handler]
async fn nested() -> Result<ReadResult<String>, Turned> {
    Ok(Err(Gone))
}

#[instrument_handler]
async fn either() -> Either<ReadResult<NoResult>, HttpResponse> {
    Either::Right(HttpResponse::Ok().finish())
}

#[instrument_handler]
async fn of_impl()
-> Either<Result<impl ::actix_web::Responder, Gone>, (NoResult, ::actix_web::http::StatusCode)> {
    Either::Left(Ok::<String, _>(Default::default()))
}

#[test]
fn main() {
    let _ = App::new()
        .route("/nested", web::get().to(nested))
        .route("/either", web::get().to(either))
        .route("/of_impl", web::get().to(of_impl));
}
