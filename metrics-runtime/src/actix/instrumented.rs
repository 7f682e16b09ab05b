//! The way out: turns what a handler returned into a response, and its record into numbers.

use std::{any::type_name, marker::PhantomData};

use actix_web::{Error, HttpRequest, HttpResponse, Responder, body::BoxBody};

use super::{
    body, error_types,
    signature::{Response, Returns},
};
use crate::http::Record;

/// What a rewritten handler's future gives: what the user's function returned, or why it never ran, and the record.
pub struct Instrumented<S, R> {
    outcome: Result<R, Box<Error>>,
    record: Record,
    site: PhantomData<fn() -> S>,
}

impl<S, R> Instrumented<S, R> {
    #[inline]
    pub(super) fn new(outcome: Result<R, Box<Error>>, record: Record) -> Self {
        Self {
            outcome,
            record,
            site: PhantomData,
        }
    }
}

impl<S: Returns<R>, R> Responder for Instrumented<S, R> {
    type Body = BoxBody;

    #[inline]
    fn respond_to(self, req: &HttpRequest) -> HttpResponse {
        match self.outcome {
            Ok(returned) => respond::<S, R>(returned, req, self.record),
            Err(error) => refuse(*error, self.record, req),
        }
    }
}

/// Lets the user's responder answer, and sees status, error and body.
#[inline]
pub(super) fn respond<S: Returns<R>, R>(
    returned: R,
    req: &HttpRequest,
    record: Record,
) -> HttpResponse {
    let failures = record.failures();
    let response = body::answered(S::Returned::from(returned).respond(req), record, req);
    // Asked of the finished response: looked at before, the user's would be copied once more.
    if let Some(error) = response.error() {
        let occurred = error_types::occurred(S::site(), error);
        failures.count(occurred.unwrap_or_else(type_name::<R>));
    }
    response
}

#[cold]
fn refuse(error: Error, record: Record, req: &HttpRequest) -> HttpResponse {
    body::answered(HttpResponse::from_error(error), record, req)
}
