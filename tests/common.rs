//! What the handlers of several tests are made of.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::{
    ResponseError,
    http::StatusCode,
    rt::time::{Interval, interval, sleep},
    web::Bytes,
};
use futures_core::Stream;
use metrics_runtime::{Format, Metrics};
use tests::Document;

/// Lets handlers wait until the test has seen them.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<State>);

#[derive(Default)]
struct State {
    entered: AtomicU32,
    left: AtomicU32,
    open: AtomicBool,
}

struct Leaving<'a>(&'a State);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.left.fetch_add(1, SeqCst);
    }
}

impl Gate {
    pub(crate) async fn pass(&self) {
        self.0.entered.fetch_add(1, SeqCst);
        let _leaving = Leaving(&self.0);
        while !self.0.open.load(SeqCst) {
            sleep(Duration::from_millis(1)).await;
        }
    }

    pub(crate) fn open(&self) {
        self.0.open.store(true, SeqCst);
    }

    pub(crate) fn await_entered(&self, count: u32) {
        tests::eventually("a handler to begin", || {
            (self.0.entered.load(SeqCst) >= count).then_some(())
        });
    }

    /// Waits until so many have passed, or were dropped in waiting.
    pub(crate) fn await_left(&self, count: u32) {
        tests::eventually("a handler to be left", || {
            (self.0.left.load(SeqCst) >= count).then_some(())
        });
    }
}

/// An error with the status it asks for.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) u16);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused with {}", self.0)
    }
}

impl std::error::Error for Refused {}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0).expect("a status")
    }
}

/// A future whose panic is caught.
pub(crate) struct CatchUnwind<F>(pub(crate) Pin<Box<F>>);

impl<F: Future> Future for CatchUnwind<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.0.as_mut();
        match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
            Ok(polled) => polled.map(Some),
            Err(_) => Poll::Ready(None),
        }
    }
}

/// What comes after a stream's last chunk.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum End {
    Regular,
    Failure,
    Panic,
    Never,
}

/// A stream of so many chunks of so many bytes.
pub(crate) struct Chunks {
    left: usize,
    chunk: Bytes,
    pause: Option<Interval>,
    end: End,
}

impl Chunks {
    pub(crate) fn new(count: usize, size: usize) -> Self {
        Self {
            left: count,
            chunk: vec![b'x'; size].into(),
            pause: None,
            end: End::Regular,
        }
    }

    /// Waits before each chunk.
    pub(crate) fn every(mut self, pause: Duration) -> Self {
        self.pause = Some(interval(pause));
        self
    }

    pub(crate) fn then(mut self, end: End) -> Self {
        self.end = end;
        self
    }
}

impl Stream for Chunks {
    type Item = Result<Bytes, Refused>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.poll_tick(cx));
        }
        if self.left > 0 {
            self.left -= 1;
            return Poll::Ready(Some(Ok(self.chunk.clone())));
        }
        match self.end {
            End::Regular => Poll::Ready(None),
            End::Failure => Poll::Ready(Some(Err(Refused(500)))),
            End::Panic => panic!("a stream may panic"),
            End::Never => Poll::Pending,
        }
    }
}

/// Numbers that only look random: the same for the same seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// `SplitMix64`.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// A header that names a sampled trace.
pub(crate) fn sampled(trace: &str) -> String {
    format!("traceparent: 00-{trace}-00f067aa0ba902b7-01")
}

/// What follows a sample in OpenMetrics, with its only label.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exemplar {
    pub(crate) trace: String,
    pub(crate) value: f64,
    pub(crate) timestamp: f64,
}

/// The exemplars of an OpenMetrics text, by the series as written.
pub(crate) fn parse_exemplars(text: &str) -> BTreeMap<String, Exemplar> {
    let document = Document::parse_openmetrics(text).expect("OpenMetrics");
    document
        .samples()
        .filter_map(|sample| {
            let tests::Exemplar {
                labels,
                value,
                timestamp,
            } = sample.exemplar.clone()?;
            assert!(labels.keys().eq(["trace_id"]), "{labels:?}");
            let exemplar = Exemplar {
                trace: labels["trace_id"].clone(),
                value,
                timestamp: timestamp.expect("an exemplar has a timestamp"),
            };
            assert_eq!(exemplar.trace.len(), 32, "{}", sample.series);
            Some((sample.series.clone(), exemplar))
        })
        .collect()
}

pub(crate) fn exemplars(metrics: Metrics) -> BTreeMap<String, Exemplar> {
    parse_exemplars(&metrics.render(Format::OpenMetrics))
}
