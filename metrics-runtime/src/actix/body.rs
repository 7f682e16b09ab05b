//! Response bodies: recorded at once where their size is known, counted while they are produced where it is not.
//!
//! Bodies are boxed here, as actix would box them one step later: so next to nothing here is
//! compiled once per handler.

use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    http::StatusCode,
    web::Bytes,
};

use super::{exemplars::ask, head};
use crate::{
    http::{Record, StreamRecord},
    method::Method,
};

/// Boxes a handler's response, whose record a `CatchAll` around the request closes, if there is one.
#[inline]
pub(super) fn answered<B: MessageBody + 'static>(
    response: HttpResponse<B>,
    mut record: Record,
    req: &HttpRequest,
) -> HttpResponse {
    if record.hand_over() {
        response.map_into_boxed_body()
    } else {
        metered(response, record, req)
    }
}

/// Boxes a response's body and records it: at once if the body is known, else when it has been produced.
#[inline]
pub(super) fn metered<B: MessageBody + 'static>(
    response: HttpResponse<B>,
    mut record: Record,
    req: &HttpRequest,
) -> HttpResponse {
    record.sees(|hook| head::see(hook, req, response.error()));
    response.map_body(|head, body| {
        if body.size() == BodySize::None {
            settle(record, head.status, 0, req);
            return body.boxed();
        }
        match body.try_into_bytes() {
            Ok(bytes) => {
                settle(record, head.status, bytes.len(), req);
                BoxBody::new(bytes)
            }
            Err(body) => stream(record, head.status, body.boxed(), req),
        }
    })
}

#[inline(never)]
fn settle(record: Record, status: StatusCode, len: usize, req: &HttpRequest) {
    if let Some(method) = record.method() {
        let sent = if has_body(method, status) { len } else { 0 };
        record.finish_traced(status.as_u16(), sent as u64, |hook| ask(hook, req));
    }
}

fn stream(record: Record, status: StatusCode, body: BoxBody, req: &HttpRequest) -> BoxBody {
    match record.method() {
        Some(method) if has_body(method, status) => BoxBody::new(Metered {
            body,
            record: Some(record.stream_traced(status.as_u16(), |hook| ask(hook, req))),
        }),
        _ => {
            record.finish_traced(status.as_u16(), 0, |hook| ask(hook, req));
            body
        }
    }
}

/// Whether a response to this method, with this status, has a body on the wire. What follows an upgrade is not one.
fn has_body(method: Method, status: StatusCode) -> bool {
    method != Method::Head
        && !status.is_informational()
        && status != StatusCode::NO_CONTENT
        && status != StatusCode::NOT_MODIFIED
}

/// A body still to be produced: each chunk is counted, and the end, or the drop, ends the record.
struct Metered {
    body: BoxBody,
    record: Option<StreamRecord>,
}

impl MessageBody for Metered {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let item = ready!(self.body.as_pin_mut().poll_next(cx));
        match (&item, self.record.as_mut()) {
            (Some(Ok(chunk)), Some(record)) => record.sends(chunk.len() as u64),
            _ => self.record = None,
        }
        Poll::Ready(item)
    }
}
