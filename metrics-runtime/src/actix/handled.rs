//! The middle: a handler's future, with the record of its request beside it.

use std::{
    future::Future,
    marker::PhantomData,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::Error;
use pin_project_lite::pin_project;

use super::instrumented::Instrumented;
use crate::http::Record;

pin_project! {
    /// What a rewritten handler returns. Dropped before it is ready, it records a client that left, or a panic.
    ///
    /// Written by hand because an `async` block would keep the arguments once more, and actix copies every byte of a
    /// handler's future when it boxes it.
    #[project = HandledProjection]
    pub enum Handled<S, F> {
        /// The user's function runs.
        Running {
            #[pin]
            handler: F,
            record: Record,
            site: PhantomData<fn() -> S>,
        },
        /// It never will: extraction failed.
        Refused { refusal: Option<(Box<Error>, Record)> },
    }
}

impl<S, F> Handled<S, F> {
    #[inline]
    pub(super) fn new(handler: F, record: Record) -> Self {
        Self::Running {
            handler,
            record,
            site: PhantomData,
        }
    }

    #[cold]
    pub(super) fn refused(error: Box<Error>, record: Record) -> Self {
        Self::Refused {
            refusal: Some((error, record)),
        }
    }
}

impl<S, F: Future> Future for Handled<S, F> {
    type Output = Instrumented<S, F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            HandledProjection::Running {
                handler, record, ..
            } => {
                let returned = ready!(handler.poll(cx));
                Poll::Ready(Instrumented::new(Ok(returned), mem::take(record)))
            }
            HandledProjection::Refused { refusal } => {
                let (error, record) = refusal.take().expect("polled after it was ready");
                Poll::Ready(Instrumented::new(Err(error), record))
            }
        }
    }
}
