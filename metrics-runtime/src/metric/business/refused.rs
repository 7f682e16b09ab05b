//! What a metric returns whose type is a mistake.

/// Has every method of every metric: a metric that is refused at compile time gives its callers no second error.
#[derive(Clone, Copy)]
pub struct Refused;

impl Refused {
    /// [`Counter::inc`](super::Counter::inc)
    pub fn inc(self) {}

    /// [`Counter::inc_by`](super::Counter::inc_by)
    pub fn inc_by<T>(self, _: T) {}

    /// [`Gauge::set`](super::Gauge::set); an `Info` is given none.
    pub fn set<T>(self, _: T) {}

    /// [`Gauge::add`](super::Gauge::add)
    pub fn add<T>(self, _: T) {}

    /// [`Gauge::read_by`](super::Gauge::read_by)
    pub fn read_by<T>(self, _: impl Fn() -> T) {}

    /// [`UpDown::enter`](super::UpDown::enter)
    #[must_use]
    pub fn enter(self) -> Self {
        self
    }

    /// [`Histogram::observe`](super::Histogram::observe)
    pub fn observe<T>(self, _: T) {}

    /// [`Histogram::start`](super::Histogram::start)
    #[must_use]
    pub fn start(self) -> Self {
        self
    }

    /// [`HistogramTimer::discard`](super::HistogramTimer::discard)
    pub fn discard(self) {}

    /// [`Histogram::time`](super::Histogram::time)
    pub async fn time<F: Future>(self, future: F) -> F::Output {
        future.await
    }
}
