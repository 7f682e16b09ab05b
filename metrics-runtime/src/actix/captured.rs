//! The way in: runs a handler's extractors under a record.

use std::{
    convert::Infallible,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{Error, FromRequest, HttpRequest, dev::Payload};
use pin_project_lite::pin_project;

use super::{
    begin,
    instrumented::{Begun, Instrumented},
    payload,
};
use crate::{
    recorder::{Record, clock},
    site::Annotated,
};

/// The one argument of a rewritten handler: the extracted arguments `A`, or why there are none, and the record.
///
/// Extraction never fails for actix: the refusal travels through the handler, which answers it as actix would.
pub struct Captured<S, A> {
    extracted: Result<A, Error>,
    record: Option<Record>,
    site: PhantomData<fn() -> S>,
}

impl<S: Annotated, A> Captured<S, A> {
    /// The arguments with the record, or the finished answer to a request whose extraction failed.
    ///
    /// # Errors
    /// The answer, ready to be returned.
    #[inline]
    pub fn open<R>(self) -> Result<(A, Begun<S>), Instrumented<S, R>> {
        match self.extracted {
            Ok(arguments) => Ok((arguments, Begun::new(self.record))),
            Err(error) => Err(Instrumented::refused(error, self.record)),
        }
    }
}

impl<S: Annotated, A: FromRequest> FromRequest for Captured<S, A> {
    type Error = Infallible;
    type Future = Capture<S, A>;

    #[inline]
    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let mut record = begin(S::site(), req, clock::now());
        if let Some(record) = &mut record {
            record.receives(payload::receive(req, payload));
        }
        Capture {
            extraction: A::from_request(req, payload),
            record,
            site: PhantomData,
        }
    }
}

pin_project! {
    /// The future of [`Captured`]. Dropped before it is ready, it records a client that left.
    pub struct Capture<S, A: FromRequest> {
        #[pin]
        extraction: A::Future,
        record: Option<Record>,
        site: PhantomData<fn() -> S>,
    }
}

impl<S, A: FromRequest> Future for Capture<S, A> {
    type Output = Result<Captured<S, A>, Infallible>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let extracted = ready!(this.extraction.poll(cx)).map_err(Into::into);
        Poll::Ready(Ok(Captured {
            extracted,
            record: this.record.take(),
            site: PhantomData,
        }))
    }
}
