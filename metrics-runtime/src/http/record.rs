//! The record of one request: begun once, closed once.

use std::{any::Any, cell::Cell, marker::PhantomData, mem, rc::Rc, thread, time::Duration};

use super::{
    Label, claim,
    endpoint::Endpoint,
    stream::StreamRecord,
    thread::{count_open_streams, recycle, reuse},
};
use crate::{
    engine::{clock, clock::Tick},
    hook::{self, FinishedRequest, HeadHook, Seen, TraceHook},
    method::Method,
    trace_id::TraceId,
};

/// The client went away before there was a response: nginx's code for it.
pub(super) const CLIENT_CLOSED_REQUEST: u16 = 499;
const INTERNAL_SERVER_ERROR: u16 = 500;

/// Bytes of a request's body.
#[derive(Clone)]
pub(crate) enum Received {
    /// Known from the start.
    Bytes(u64),
    /// Counted while the handler reads them.
    Counted(Rc<Cell<u64>>),
}

/// How many were counted.
#[cold]
#[expect(
    clippy::needless_pass_by_value,
    reason = "freed here, out of other requests' way"
)]
fn counted(bytes: Rc<Cell<u64>>) -> u64 {
    bytes.get()
}

/// A request being recorded, or none. Dropped before it is answered, it records a client that left (`499`) or a panic
/// (`500`).
///
/// A pointer, because it travels by value with the handler's arguments and its response; the memory it points to is used
/// again for the thread's next request.
#[derive(Default)]
pub(crate) struct Record(Option<Box<Open>>);

/// A request in flight.
pub(crate) struct Open {
    pub(super) endpoint: &'static Endpoint,
    begun: Tick,
    received: Received,
    /// What hooks saw at the response's head; empty once the record is closed.
    seen: Seen,
    /// Of the `CatchAll` that closes it.
    pub(super) claim: Option<claim::Key>,
    /// An endpoint belongs to a thread, so the record must stay on it.
    not_send: PhantomData<*const ()>,
}

/// Where a request's error is counted, right after the request is: a hook that runs at once does not see it yet.
pub(crate) struct Failures {
    endpoint: Option<&'static Endpoint>,
    not_send: PhantomData<*const ()>,
}

impl Failures {
    /// The handler returned an error, in a type the compiler calls `returned`.
    #[cold]
    pub(crate) fn count(&self, returned: &'static str) {
        if let Some(endpoint) = self.endpoint {
            endpoint.count_error(returned);
        }
    }
}

/// How a request ends.
#[derive(Clone, Copy)]
pub(super) struct Outcome {
    pub(super) status: u16,
    pub(super) sent: u64,
    /// Ticks the request took, and those until the head of its response.
    pub(super) total: u64,
    pub(super) to_head: u64,
    /// Whether the gauge still counts it.
    pub(super) in_progress: bool,
}

impl Outcome {
    #[inline]
    pub(super) fn now(open: &Open, status: u16, sent: u64) -> Self {
        let total = open.age();
        Self {
            status,
            sent,
            total,
            to_head: total,
            in_progress: true,
        }
    }
}

impl Record {
    /// Begins a request now, or at `begun`; none if the endpoint's handler is excluded.
    #[inline]
    pub(super) fn begin(endpoint: &'static Endpoint, begun: Option<Tick>) -> Self {
        if endpoint.excluded {
            return Self(None);
        }
        let begun = begun.unwrap_or_else(clock::now);
        endpoint.enter();
        Self(Some(match reuse() {
            Some(mut open) => {
                open.endpoint = endpoint;
                open.begun = begun;
                open.claim = None;
                open
            }
            None => Box::new(Open {
                endpoint,
                begun,
                received: Received::Bytes(0),
                seen: Seen::new(),
                claim: None,
                not_send: PhantomData,
            }),
        }))
    }

    pub(crate) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The request has this body. Not called where nothing is recorded, because a body might be wrapped to be counted,
    /// nor where `CatchAll` has set it.
    pub(crate) fn receives(&mut self, received: impl FnOnce() -> Received) {
        if let Some(open) = &mut self.0
            && open.claim.is_none()
        {
            open.received = received();
        }
    }

    /// The request has a `CatchAll` around it, which closes the record.
    #[inline]
    pub(crate) fn claimed(mut self, claim: claim::Taken) -> Self {
        if let Some(open) = &mut self.0 {
            open.claim = Some(claim.key);
            open.received = claim.received;
        }
        self
    }

    /// Hands the record to the `CatchAll` around the request, if there is one: it closes the record with the response that
    /// passes, and nothing is left here.
    #[inline]
    pub(crate) fn hand_over(&mut self) -> bool {
        match &self.0 {
            Some(open) if open.claim.is_some() => self.hand_over_claimed(),
            _ => false,
        }
    }

    #[inline(never)]
    fn hand_over_claimed(&mut self) -> bool {
        if let Some(open) = self.0.take()
            && let Some(key) = open.claim
        {
            self.0 = claim::hand_over(key, open);
        }
        self.0.is_none()
    }

    /// Whether the record is under this label, as far as can be told cheaply.
    pub(crate) fn is_labelled(&self, label: &impl Label) -> bool {
        self.0
            .as_ref()
            .is_some_and(|open| label.is(&open.endpoint.series.template))
    }

    /// The response's head is ready: `call` runs a hook that wants to see it.
    #[inline]
    pub(crate) fn sees(&mut self, call: impl Fn(&HeadHook) -> Option<Box<dyn Any>>) {
        if let Some(open) = &mut self.0
            && open.endpoint.has_hooks
        {
            open.seen = hook::see(&open.endpoint.http.config.hooks, call);
        }
    }

    pub(crate) fn method(&self) -> Option<Method> {
        Some(self.0.as_ref()?.endpoint.method)
    }

    /// Where to count the error, should the handler turn out to have returned one.
    #[inline]
    pub(crate) fn failures(&self) -> Failures {
        Failures {
            endpoint: self.0.as_ref().map(|open| open.endpoint),
            not_send: PhantomData,
        }
    }

    /// The response has this status, and a body of so many bytes.
    pub(crate) fn finish(self, status: u16, sent: u64) {
        self.finish_traced(status, sent, |_| None);
    }

    /// The same. `trace` asks the configured hook for the request's trace, and is called only if an exemplar is due.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "one call less in every request")]
    pub(crate) fn finish_traced(
        mut self,
        status: u16,
        sent: u64,
        trace: impl FnOnce(&TraceHook) -> Option<TraceId>,
    ) {
        if let Some(open) = self.0.take() {
            open.close(trace, |open| Outcome::now(open, status, sent));
        }
    }

    /// The response has this status, and a body that is still to be produced.
    ///
    /// `trace` asks the configured hook for the request's trace. It is called if there is one, because which exemplar is due
    /// shows when the body ends, and the request is gone then.
    pub(crate) fn stream_traced(
        self,
        status: u16,
        trace: impl FnOnce(&TraceHook) -> Option<TraceId>,
    ) -> StreamRecord {
        let mut to_head = 0;
        let mut asked = None;
        if let Some(open) = &self.0 {
            to_head = open.age();
            asked = open.endpoint.http.config.exemplars.as_ref().and_then(trace);
            if open.endpoint.ends_at_head {
                count_open_streams(1);
                open.endpoint.leave();
            }
        }
        StreamRecord {
            status,
            sent: 0,
            to_head,
            trace: asked,
            record: self,
        }
    }

    /// The request has no response, because of a panic or because its client left.
    #[cold]
    pub(crate) fn abandon(mut self, panicked: bool, panic_counted: bool) {
        let Some(mut open) = self.0.take() else {
            return;
        };
        // A panic between head and body: the response is not sent.
        open.seen.clear();
        if panicked && !panic_counted {
            open.count_panic();
        }
        let status = if panicked {
            INTERNAL_SERVER_ERROR
        } else {
            CLIENT_CLOSED_REQUEST
        };
        open.close(|_| None, |open| Outcome::now(open, status, 0));
    }

    /// Takes the request back as if it had never been begun: it is recorded elsewhere.
    pub(crate) fn cancel(mut self) {
        if let Some(mut open) = self.0.take() {
            open.endpoint.leave();
            open.received = Received::Bytes(0);
            recycle(open);
        }
    }
}

impl Drop for Record {
    #[inline]
    fn drop(&mut self) {
        if let Some(open) = self.0.take()
            && let Some(open) = claim::hand_over_abandoned(open)
        {
            Self(Some(open)).abandon(thread::panicking(), false);
        }
    }
}

impl Record {
    /// Without closing it.
    pub(super) fn into_open(mut self) -> Option<Box<Open>> {
        self.0.take()
    }
}

impl From<Option<Box<Open>>> for Record {
    fn from(open: Option<Box<Open>>) -> Self {
        Self(open)
    }
}

impl Open {
    /// Ticks since the request began.
    #[inline]
    fn age(&self) -> u64 {
        clock::ticks(self.begun, clock::now())
    }

    /// The only place that counts a request.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "one call less in every request")]
    pub(super) fn close(
        mut self: Box<Self>,
        trace: impl FnOnce(&TraceHook) -> Option<TraceId>,
        outcome: impl FnOnce(&Self) -> Outcome,
    ) {
        let outcome = outcome(&self);
        let received = self.take_received_bytes();
        let endpoint = self.endpoint;
        let observed = if endpoint.ends_at_head {
            outcome.to_head
        } else {
            outcome.total
        };
        endpoint.record(observed, received, outcome.sent, outcome.status);
        if outcome.in_progress {
            endpoint.leave();
        }
        if endpoint.has_hooks {
            if let Some(hook) = &endpoint.http.config.exemplars {
                let end = self.begun.plus(outcome.total);
                endpoint.exemplify(observed, outcome.status, end, || trace(hook));
            }
            self.run_hooks(outcome, received);
        }
        recycle(self);
    }

    #[inline]
    fn take_received_bytes(&mut self) -> u64 {
        match mem::replace(&mut self.received, Received::Bytes(0)) {
            Received::Bytes(bytes) => bytes,
            Received::Counted(bytes) => counted(bytes),
        }
    }

    #[cold]
    pub(super) fn count_panic(&self) {
        self.endpoint.count_panic();
    }

    #[cold]
    fn run_hooks(&mut self, outcome: Outcome, received: u64) {
        let endpoint = self.endpoint;
        if endpoint.http.config.hooks.is_empty() {
            return;
        }
        let finished = FinishedRequest {
            handler: endpoint.series.handler.to_owned(),
            method: endpoint.method.name(),
            status: outcome.status,
            duration: Duration::from_nanos(clock::nanos(outcome.total)),
            duration_to_head: Duration::from_nanos(clock::nanos(outcome.to_head)),
            request_bytes: received,
            response_bytes: outcome.sent,
        };
        let seen = mem::take(&mut self.seen);
        (endpoint.defer)(Box::new(move || {
            hook::run(&endpoint.http.config.hooks, &finished, seen);
        }));
    }
}
