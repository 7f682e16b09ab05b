//! `keep_args`: a handler that is called without its request, which comes with the response.

use std::marker::PhantomData;

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody};

use super::{begin, instrumented::respond, payload, signature::Returns};
use crate::engine::{clock, clock::Tick};

/// The clock of such a handler.
pub struct Start(Tick);

impl Start {
    /// Starts it.
    #[must_use]
    pub fn now() -> Self {
        Self(clock::now())
    }

    /// Hands the clock to what the handler returned.
    pub fn finish<S, R>(self, returned: R) -> Timed<S, R> {
        Timed {
            returned,
            begun: self.0,
            site: PhantomData,
        }
    }
}

/// What a handler annotated with `#[instrument_handler(keep_args)]` returns: its own value, and when it was called.
///
/// You meet this type when you call such a handler yourself: [`into_inner`](Self::into_inner) gives the value.
pub struct Timed<S, R> {
    returned: R,
    begun: Tick,
    site: PhantomData<fn() -> S>,
}

impl<S, R> Timed<S, R> {
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
    pub fn into_inner(self) -> R {
        self.returned
    }
}

impl<S: Returns<R>, R> Responder for Timed<S, R> {
    type Body = BoxBody;

    fn respond_to(self, req: &HttpRequest) -> HttpResponse {
        let mut record = begin(S::site(), S::combination, req, Some(self.begun));
        record.receives(|| payload::believe(req));
        respond::<S, R>(self.returned, req, record)
    }
}
