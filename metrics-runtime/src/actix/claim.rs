//! One request, one record: how an annotated handler takes a request over from [`CatchAll`](super::CatchAll).

use std::{cell::RefCell, rc::Rc};

use actix_web::{HttpMessage, HttpRequest};

use crate::{metrics, recorder::Record};

/// A request `CatchAll` will record unless somebody takes it.
#[derive(Clone)]
pub(super) struct Claim(Rc<RefCell<State>>);

pub(super) enum State {
    /// Still `CatchAll`'s, which may not record it either.
    Open(Record),
    Taken,
}

impl Claim {
    pub(super) fn new(record: Record) -> Self {
        metrics::share();
        Self(Rc::new(RefCell::new(State::Open(record))))
    }

    /// The record, if nobody took the request.
    pub(super) fn close(&self) -> Record {
        match self.0.replace(State::Taken) {
            State::Open(record) => record,
            State::Taken => Record::default(),
        }
    }
}

/// Takes the request from whatever `CatchAll`s stand around it.
pub(super) fn take(req: &HttpRequest) {
    if !metrics::are_shared() {
        return;
    }
    let claim = req.extensions().get::<Claim>().cloned();
    if let Some(claim) = claim {
        claim.close().cancel();
    }
}
