//! Response bodies: recorded at once where their size is known, counted while they are produced where it is not.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    http::{Method, StatusCode},
    web::Bytes,
};
use pin_project_lite::pin_project;

use crate::recorder::Record;

pin_project! {
    /// The body of a recorded response.
    #[project = MeteredProjection]
    pub enum Metered<B> {
        /// The body as it came: empty, not on the wire, or not recorded.
        Plain { #[pin] body: B },
        /// Known to the byte, and recorded.
        Whole { bytes: Bytes },
        /// Still to be produced: each chunk is counted, and the end, or the drop, ends the record.
        Streamed { #[pin] body: B, record: Option<Record> },
    }
}

/// Records a response whose body is known, or puts the record beside the body that is still to be produced.
#[inline]
pub(super) fn metered<B: MessageBody>(
    req: &HttpRequest,
    response: HttpResponse<B>,
    record: Option<Record>,
) -> HttpResponse<Metered<B>> {
    let status = response.status();
    response.map_body(|_, body| {
        let Some(mut record) = record else {
            return Metered::Plain { body };
        };
        record.answered(status.as_u16());
        if body.size() == BodySize::None || !has_body(req.method(), status) {
            return Metered::Plain { body };
        }
        match body.try_into_bytes() {
            Ok(bytes) => {
                record.sends(bytes.len() as u64);
                Metered::Whole { bytes }
            }
            Err(body) => {
                record.streams();
                Metered::Streamed {
                    body,
                    record: Some(record),
                }
            }
        }
    })
}

/// Whether a response to this method, with this status, has a body on the wire. What follows an upgrade is not one.
fn has_body(method: &Method, status: StatusCode) -> bool {
    *method != Method::HEAD
        && !status.is_informational()
        && status != StatusCode::NO_CONTENT
        && status != StatusCode::NOT_MODIFIED
}

impl<B: MessageBody + 'static> MessageBody for Metered<B> {
    type Error = B::Error;

    #[inline]
    fn size(&self) -> BodySize {
        match self {
            Self::Plain { body } | Self::Streamed { body, .. } => body.size(),
            Self::Whole { bytes } => bytes.size(),
        }
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        match self.project() {
            MeteredProjection::Plain { body } => body.poll_next(cx),
            MeteredProjection::Whole { bytes } => Pin::new(bytes)
                .poll_next(cx)
                .map_err(|never| match never {}),
            MeteredProjection::Streamed { body, record } => {
                let item = ready!(body.poll_next(cx));
                match (&item, record.as_mut()) {
                    (Some(Ok(chunk)), Some(record)) => record.sends(chunk.len() as u64),
                    _ => *record = None,
                }
                Poll::Ready(item)
            }
        }
    }

    #[inline]
    fn try_into_bytes(self) -> Result<Bytes, Self> {
        match self {
            Self::Plain { body } => body.try_into_bytes().map_err(|body| Self::Plain { body }),
            Self::Whole { bytes } => Ok(bytes),
            streamed @ Self::Streamed { .. } => Err(streamed),
        }
    }

    /// Boxes once: a body that was boxed already is handed on.
    #[inline]
    fn boxed(self) -> BoxBody {
        match self {
            Self::Plain { body } => body.boxed(),
            Self::Whole { bytes } => BoxBody::new(bytes),
            streamed @ Self::Streamed { .. } => BoxBody::new(streamed),
        }
    }
}
