//! The record of a request whose response is a stream.

use std::{mem, thread};

use super::{
    record::{Outcome, Record},
    thread::count_open_streams,
};
use crate::trace_id::TraceId;

/// A request whose response is being streamed. Dropping it closes the record: under the status that was sent, and as an
/// exception too if the stream panicked.
pub(crate) struct StreamRecord {
    pub(super) status: u16,
    pub(super) sent: u64,
    /// Ticks until the response's head was made.
    pub(super) to_head: u64,
    pub(super) trace: Option<TraceId>,
    pub(super) record: Record,
}

impl StreamRecord {
    /// Bytes of the response's body were produced.
    pub(crate) fn sends(&mut self, bytes: u64) {
        self.sent += bytes;
    }
}

impl Drop for StreamRecord {
    fn drop(&mut self) {
        if let Some(open) = mem::take(&mut self.record).into_open() {
            let mut trace = self.trace;
            if thread::panicking() {
                open.endpoint.count_panic();
                trace = None;
            }
            let ended_at_head = open.endpoint.ends_at_head;
            open.close(
                |_| trace,
                |open| Outcome {
                    to_head: self.to_head,
                    in_progress: !ended_at_head,
                    ..Outcome::now(open, self.status, self.sent)
                },
            );
            if ended_at_head {
                count_open_streams(-1);
            }
        }
    }
}
