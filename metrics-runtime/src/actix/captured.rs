//! The way in: runs a handler's extractors under a record.

use std::{
    convert::Infallible,
    future::Future,
    marker::PhantomData,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{Error, FromRequest, HttpRequest, dev::Payload};
use pin_project_lite::pin_project;

use super::{Combination, begin, handled::Handled, payload, signature::Takes};
use crate::{http::Record, site::Site};

/// The one argument of a rewritten handler: the extracted arguments `A`, or why there are none, and the record.
///
/// Extraction never fails for actix: the refusal travels through the handler, which answers it as actix would.
pub struct Captured<S, A> {
    /// The error is boxed because the result is copied with every request, and an error is rare.
    extracted: Result<A, Box<Error>>,
    record: Record,
    site: PhantomData<fn() -> S>,
}

impl<S, A> Captured<S, A> {
    /// Calls the handler with the arguments, or answers a request whose extraction failed.
    #[inline]
    pub fn call<T, F>(self, handler: impl FnOnce(A) -> F) -> Handled<T, F> {
        match self.extracted {
            Ok(arguments) => Handled::new(handler(arguments), self.record),
            Err(error) => Handled::refused(error, self.record),
        }
    }
}

impl<S: Takes<A>, A> FromRequest for Captured<S, A> {
    type Error = Infallible;
    type Future = Capture<S, A>;

    #[inline]
    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let record = begin_sized(S::site(), S::combination, req, payload);
        Capture {
            extraction: S::Extractors::from_request(req, payload),
            record,
        }
    }
}

/// Begins the record and learns the size of the body: all that does not depend on the handler's types.
fn begin_sized(
    site: &'static Site,
    combination: Combination,
    req: &HttpRequest,
    payload: &mut Payload,
) -> Record {
    let mut record = begin(site, combination, req, None);
    // A new record has received nothing: of most requests, which have no body, there is nothing to say.
    if !matches!(payload, Payload::None) {
        record.receives(|| payload::receive(req, payload));
    }
    record
}

pin_project! {
    /// The future of [`Captured`]. Dropped before it is ready, it records a client that left.
    pub struct Capture<S: Takes<A>, A> {
        #[pin]
        extraction: <S::Extractors as FromRequest>::Future,
        record: Record,
    }
}

impl<S: Takes<A>, A> Future for Capture<S, A> {
    type Output = Result<Captured<S, A>, Infallible>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let extracted = ready!(this.extraction.poll(cx))
            .map(S::arguments)
            .map_err(|error| Box::new(error.into()));
        Poll::Ready(Ok(Captured {
            extracted,
            record: mem::take(this.record),
            site: PhantomData,
        }))
    }
}
