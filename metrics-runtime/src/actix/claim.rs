//! How the handlers of a request and the `CatchAll` around it find each other.

use actix_web::HttpRequest;

pub(super) use crate::http::claim::may_be_claimed;
use crate::http::claim::{self, RequestId, Taken};

#[inline]
pub(super) fn request_id(req: &HttpRequest) -> RequestId {
    let head = req.head();
    RequestId {
        head: std::ptr::from_ref(head).addr(),
        peer_port: head.peer_addr.map_or(0, |peer| peer.port()),
    }
}

/// Takes the request from the `CatchAll` around it, if there is one: whoever takes it records it, or wants it recorded by
/// nobody.
#[inline]
pub(super) fn take(req: &HttpRequest) -> Option<Taken> {
    claim::take(|| request_id(req))
}
