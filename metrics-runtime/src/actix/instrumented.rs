//! The way out: turns what a handler returned into a response, and its record into numbers.

use std::{any::type_name, marker::PhantomData};

use actix_web::{Error, HttpRequest, HttpResponse, Responder, body::BoxBody};

use super::{
    begin, body, payload,
    signature::{Response, Returns},
};
use crate::recorder::{Record, clock, clock::Tick};

/// What an annotated handler returns: its own value, and the record of its request.
///
/// You meet this type only with `#[instrument_handler(keep_args)]`, when you call a handler yourself:
/// [`into_inner`](Self::into_inner) gives the value.
pub struct Instrumented<S, R> {
    outcome: Outcome<R>,
    recording: Recording,
    site: PhantomData<fn() -> S>,
}

enum Outcome<R> {
    Returned(R),
    Refused(Box<Error>),
}

enum Recording {
    Begun(Record),
    /// `keep_args`: the handler was called without its request, which comes with the response.
    Since(Tick),
}

impl<S, R> Instrumented<S, R> {
    #[inline]
    pub(super) fn returned(returned: R, record: Record) -> Self {
        Self {
            outcome: Outcome::Returned(returned),
            recording: Recording::Begun(record),
            site: PhantomData,
        }
    }

    pub(super) fn refused(error: Box<Error>, record: Record) -> Self {
        Self {
            outcome: Outcome::Refused(error),
            recording: Recording::Begun(record),
            site: PhantomData,
        }
    }

    /// The handler's own return value; nothing is recorded.
    ///
    /// ```
    /// use metrics_runtime::instrument_handler;
    ///
    /// #[instrument_handler(keep_args)]
    /// async fn double(number: actix_web::web::Path<u32>) -> String {
    ///     (*number * 2).to_string()
    /// }
    ///
    /// # actix_web::rt::System::new().block_on(async {
    /// assert_eq!(double(21.into()).await.into_inner(), "42");
    /// # });
    /// ```
    ///
    /// # Panics
    /// If the request's extraction failed, so that the handler never ran. That cannot be with `keep_args`.
    pub fn into_inner(self) -> R {
        if let Recording::Begun(record) = self.recording {
            record.cancel();
        }
        match self.outcome {
            Outcome::Returned(returned) => returned,
            Outcome::Refused(error) => panic!("the handler did not run: {error}"),
        }
    }
}

/// The clock of a handler that keeps its arguments.
pub struct Start(Tick);

impl Start {
    /// Starts it.
    #[must_use]
    pub fn now() -> Self {
        Self(clock::now())
    }

    /// Hands the clock to what the handler returned.
    pub fn finish<S, R>(self, returned: R) -> Instrumented<S, R> {
        Instrumented {
            outcome: Outcome::Returned(returned),
            recording: Recording::Since(self.0),
            site: PhantomData,
        }
    }
}

impl<S: Returns<R>, R> Responder for Instrumented<S, R> {
    type Body = BoxBody;

    #[inline]
    fn respond_to(self, req: &HttpRequest) -> HttpResponse {
        let record = match self.recording {
            Recording::Begun(record) => record,
            Recording::Since(begun) => {
                let mut record = begin(S::site(), req, Some(begun));
                record.receives(payload::believe(req));
                record
            }
        };
        match self.outcome {
            Outcome::Returned(returned) => {
                let response = S::Returned::from(returned).respond(req);
                if response.error().is_some() {
                    record.failed(type_name::<R>());
                }
                body::metered(response, record)
            }
            Outcome::Refused(error) => body::metered(HttpResponse::from_error(*error), record),
        }
    }
}
