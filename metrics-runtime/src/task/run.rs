//! A body under a record: called, or polled.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{record::Record, returned::Failure, site::TaskSite};
use crate::metric::business::Outcome;

pin_project! {
    /// The future of a task's body. A run begins when it is first polled, and ends when it returns or is dropped.
    pub struct Run<F, C> {
        #[pin]
        body: F,
        classify: Option<C>,
        // Until the first poll.
        site: Option<&'static TaskSite>,
        // Dropped after the body, whose destructors belong to the run.
        record: Option<Record>,
    }
}

impl TaskSite {
    /// Runs an asynchronous body.
    #[inline]
    pub const fn run<F, C>(&'static self, body: F, classify: C) -> Run<F, C>
    where
        F: Future,
        C: FnOnce(&F::Output) -> Failure,
    {
        Run {
            body,
            classify: Some(classify),
            site: Some(self),
            record: None,
        }
    }

    /// Runs a body.
    #[inline]
    pub fn call<R>(
        &'static self,
        body: impl FnOnce() -> R,
        classify: impl FnOnce(&R) -> Failure,
    ) -> R {
        let record = Record::begin(self);
        let returned = body();
        let failure = classify(&returned);
        if let Some(record) = record {
            record.finish(failure);
        }
        returned
    }
}

impl<F, C> Future for Run<F, C>
where
    F: Future,
    C: FnOnce(&F::Output) -> Failure,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Some(site) = this.site.take() {
            *this.record = Record::begin(site);
        } else if let Some(record) = this.record {
            record.outcome = Outcome::Panic;
        }
        let Poll::Ready(returned) = this.body.poll(cx) else {
            if let Some(record) = this.record {
                record.outcome = Outcome::Cancelled;
            }
            return Poll::Pending;
        };
        let failure = match this.classify.take() {
            Some(classify) => classify(&returned),
            None => Failure::None,
        };
        if let Some(record) = this.record.take() {
            record.finish(failure);
        }
        Poll::Ready(returned)
    }
}
