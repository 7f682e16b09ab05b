//! Sends requests to a service with as little as possible around them.

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};

use crate::apps::{Setup, Shape};
use crate::stats::Quartiles;

/// Requests are made before the clock starts and answered in one go: making one costs more than
/// most ways of measuring it. actix pools 128 request heads, so a batch stays within the pool.
pub const BATCH: usize = 100;

type Drive = Box<dyn Fn(Vec<Request>)>;

/// An application and the requests it is to be sent.
pub struct Subject {
    setup: Setup,
    shape: Shape,
    drive: Drive,
}

impl Subject {
    pub fn new(setup: Setup, shape: Shape, drive: Drive) -> Self {
        Self {
            setup,
            shape,
            drive,
        }
    }

    /// Sends `count` requests between `before` and `after`, which see only the application's work.
    pub fn around<T, U>(
        &self,
        count: usize,
        before: impl FnOnce() -> T,
        after: impl FnOnce(T) -> U,
    ) -> U {
        let requests: Vec<_> = (0..count)
            .map(|number| self.shape.request(self.setup.prefix(number)))
            .collect();
        let state = before();
        (self.drive)(requests);
        after(state)
    }

    /// Nanoseconds per request in the middle one of some batches, after one that does not count.
    ///
    /// A batch is so short that the scheduler interrupts few of them, and those are not in the middle.
    pub fn nanos_per_request(&self, before: impl Fn()) -> f64 {
        const BATCHES: usize = 20;
        let start = || {
            before();
            Instant::now()
        };
        let batch = || {
            self.around(BATCH, start, |start| {
                start.elapsed().as_nanos() as f64 / BATCH as f64
            })
        };
        batch();
        Quartiles::of((0..BATCHES).map(|_| batch())).median
    }
}

/// An order of `0..count` that differs from round to round, so that no subject always follows the
/// same other.
pub fn shuffled(count: usize, round: usize) -> Vec<usize> {
    let mut state = (round as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut order: Vec<_> = (0..count).collect();
    for i in (1..count).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        order.swap(i, (state % (i as u64 + 1)) as usize);
    }
    order
}

/// Lets two threads start at the same time, without the wake-up of a `Barrier`.
#[derive(Default)]
pub struct Gate {
    waiting: AtomicUsize,
}

impl Gate {
    /// Returns once both threads have called it.
    pub fn pass(&self) {
        let turn = self.waiting.fetch_add(1, Ordering::AcqRel) / 2;
        while self.waiting.load(Ordering::Acquire) < 2 * (turn + 1) {
            std::hint::spin_loop();
        }
    }
}

/// Answers every request as the server would: calls, reads the body to its end, drops the response.
pub fn drive<S, B, E>(service: &S, requests: Vec<Request>)
where
    S: Service<Request, Response = ServiceResponse<B>, Error = E>,
    B: MessageBody,
    E: std::fmt::Debug,
{
    let mut context = Context::from_waker(Waker::noop());
    for request in requests {
        let response = ready(pin!(service.call(request)), &mut context).expect("the app answers");
        debug_assert!(response.status().is_success());
        let (_request, response) = response.into_parts();
        let (head, body) = response.into_parts();
        let mut body = pin!(body);
        while let Poll::Ready(Some(chunk)) = body.as_mut().poll_next(&mut context) {
            black_box(chunk.ok());
        }
        black_box(head.status());
    }
}

fn ready<F: Future>(future: Pin<&mut F>, context: &mut Context<'_>) -> F::Output {
    match future.poll(context) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("no handler of the benchmark waits"),
    }
}
