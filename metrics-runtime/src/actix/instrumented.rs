//! The way out: turns what a handler returned into a response, and its record into numbers.

use std::{any::type_name, marker::PhantomData};

use actix_web::{
    Error, HttpRequest, HttpResponse, Responder,
    body::{BoxBody, EitherBody},
};

use super::{
    begin,
    body::{self, Metered},
    payload,
};
use crate::{
    recorder::{Record, clock, clock::Tick},
    site::Annotated,
};

/// A request whose handler is running. Dropped before [`finish`](Self::finish), it records a client that left, or a
/// panic.
pub struct Begun<S> {
    record: Option<Record>,
    site: PhantomData<fn() -> S>,
}

impl<S: Annotated> Begun<S> {
    pub(super) fn new(record: Option<Record>) -> Self {
        Self {
            record,
            site: PhantomData,
        }
    }

    /// Hands the record to what the handler returned.
    #[inline]
    pub fn finish<R>(self, returned: R) -> Instrumented<S, R> {
        Instrumented {
            outcome: Outcome::Returned(returned),
            recording: Recording::Begun(self.record),
            site: PhantomData,
        }
    }
}

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
    Refused(Error),
}

enum Recording {
    Begun(Option<Record>),
    /// `keep_args`: the handler was called without its request, which comes with the response.
    Since(Tick),
}

impl<S: Annotated, R> Instrumented<S, R> {
    pub(super) fn refused(error: Error, record: Option<Record>) -> Self {
        Self {
            outcome: Outcome::Refused(error),
            recording: Recording::Begun(record),
            site: PhantomData,
        }
    }

    /// Starts the clock of a handler that keeps its arguments.
    #[must_use]
    pub fn start() -> Start<S> {
        Start {
            begun: clock::now(),
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
        if let Recording::Begun(Some(record)) = self.recording {
            record.cancel();
        }
        match self.outcome {
            Outcome::Returned(returned) => returned,
            Outcome::Refused(error) => panic!("the handler did not run: {error}"),
        }
    }
}

/// The clock of a handler that keeps its arguments.
pub struct Start<S> {
    begun: Tick,
    site: PhantomData<fn() -> S>,
}

impl<S: Annotated> Start<S> {
    /// Hands the clock to what the handler returned.
    pub fn finish<R>(self, returned: R) -> Instrumented<S, R> {
        Instrumented {
            outcome: Outcome::Returned(returned),
            recording: Recording::Since(self.begun),
            site: PhantomData,
        }
    }
}

impl<S: Annotated, R: Responder> Responder for Instrumented<S, R> {
    type Body = EitherBody<Metered<R::Body>, Metered<BoxBody>>;

    #[inline]
    fn respond_to(self, req: &HttpRequest) -> HttpResponse<Self::Body> {
        let mut record = match self.recording {
            Recording::Begun(record) => record,
            Recording::Since(begun) => begin(S::site(), req, begun).map(|mut record| {
                record.receives(payload::believe(req));
                record
            }),
        };
        match self.outcome {
            Outcome::Returned(returned) => {
                let response = returned.respond_to(req);
                if response.error().is_some()
                    && let Some(record) = &mut record
                {
                    record.failed(type_name::<R>());
                }
                body::metered(req, response, record).map_into_left_body()
            }
            Outcome::Refused(error) => {
                body::metered(req, HttpResponse::from_error(error), record).map_into_right_body()
            }
        }
    }
}
