//! One request, one record: how an annotated handler takes a request over from [`CatchAll`](super::CatchAll).

use std::{cell::Cell, rc::Rc};

use actix_web::{HttpMessage, HttpRequest};

use crate::{http::Record, instance};

/// The record of a request that `CatchAll` keeps unless somebody takes it; of none if it would not record it either.
#[derive(Clone)]
pub(super) struct Claim(Rc<Cell<Record>>);

impl Claim {
    pub(super) fn new(record: Record) -> Self {
        instance::not_alone_any_more();
        Self(Rc::new(Cell::new(record)))
    }

    /// The record, if nobody took the request.
    pub(super) fn close(&self) -> Record {
        self.0.take()
    }
}

/// Takes the request from whatever `CatchAll`s stand around it.
pub(super) fn take(req: &HttpRequest) {
    if instance::are_alone() {
        return;
    }
    let claim = req.extensions().get::<Claim>().cloned();
    if let Some(claim) = claim {
        claim.close().cancel();
    }
}
