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
    http::{Method, StatusCode},
    web::Bytes,
};

use crate::recorder::{Record, StreamRecord};

/// Boxes a response's body and records it: at once if the body is known, else when it has been produced.
#[inline]
pub(super) fn metered<B: MessageBody + 'static>(
    req: &HttpRequest,
    response: HttpResponse<B>,
    record: Option<Record>,
) -> HttpResponse {
    response.map_body(|head, body| match record {
        Some(record) => settle(req.method(), head.status, body.boxed(), record),
        None => body.boxed(),
    })
}

fn settle(method: &Method, status: StatusCode, body: BoxBody, record: Record) -> BoxBody {
    if body.size() == BodySize::None || !has_body(method, status) {
        record.finish(status.as_u16(), 0);
        return body;
    }
    match body.try_into_bytes() {
        Ok(bytes) => {
            record.finish(status.as_u16(), bytes.len() as u64);
            BoxBody::new(bytes)
        }
        Err(body) => BoxBody::new(Metered {
            body,
            record: Some(record.stream(status.as_u16())),
        }),
    }
}

/// Whether a response to this method, with this status, has a body on the wire. What follows an upgrade is not one.
fn has_body(method: &Method, status: StatusCode) -> bool {
    *method != Method::HEAD
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
