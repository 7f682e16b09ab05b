//! How many bytes a request's body has.

use std::{
    cell::Cell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use actix_web::{
    HttpRequest, dev::Payload, error::PayloadError, http::header::CONTENT_LENGTH, web::Bytes,
};
use futures_core::Stream;

use crate::http::Received;

/// Up to here a declared length is believed: counting would cost two allocations, and a client that lies gains little.
/// A longer body is counted as it arrives.
const BELIEVED: u64 = 64 * 1024;

/// Learns the size of a body, or counts it as the handler reads it.
pub(super) fn receive(req: &HttpRequest, payload: &mut Payload) -> Received {
    if matches!(payload, Payload::None) {
        return Received::Bytes(0);
    }
    match declared_length(req) {
        Some(length) if length <= BELIEVED => Received::Bytes(length),
        _ => count(payload),
    }
}

/// The size of a body nobody hands over.
pub(super) fn believe(req: &HttpRequest) -> Received {
    Received::Bytes(
        declared_length(req)
            .filter(|length| *length <= BELIEVED)
            .unwrap_or(0),
    )
}

fn declared_length(req: &HttpRequest) -> Option<u64> {
    req.headers()
        .get(CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

pub(super) fn count(payload: &mut Payload) -> Received {
    let bytes = Rc::new(Cell::new(0));
    *payload = Payload::Stream {
        payload: Box::pin(Counting {
            inner: payload.take(),
            bytes: Rc::clone(&bytes),
        }),
    };
    Received::Counted(bytes)
}

struct Counting {
    inner: Payload,
    bytes: Rc<Cell<u64>>,
}

impl Stream for Counting {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(Pin::new(&mut self.inner).poll_next(cx));
        if let Some(Ok(chunk)) = &item {
            self.bytes.set(self.bytes.get() + chunk.len() as u64);
        }
        Poll::Ready(item)
    }
}
