//! What a thread keeps at hand: the endpoints of its last requests, and closed records to use again.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    mem::ManuallyDrop,
};

use super::{Defer, Http, Label, NO_HANDLER, endpoint::Endpoint, record::Open, series};
use crate::{engine::shard, method::Method, site::Site};

/// How many closed records a thread keeps beside the last one: the memory of a larger burst is freed.
const POOL: usize = 1024;

thread_local! {
    /// Without a destructor, so that no request checks whether it has run; [`on_exit`] clears it.
    static STATE: ManuallyDrop<State> = const { ManuallyDrop::new(State::new()) };
}

/// What every request touches comes first, in one cache line.
#[repr(C, align(64))]
struct State {
    /// The record last closed, with nothing received: its memory is the next request's.
    last_closed: Cell<Option<Box<Open>>>,
    cache: RefCell<Cache>,
    /// Streams that left the in-progress gauge at their head and are still to be recorded.
    open_streams: Cell<usize>,
    /// Other closed records, where requests wait for something and are many at once.
    #[expect(clippy::vec_box, reason = "what is kept is the memory of the boxes")]
    closed: RefCell<Vec<Box<Open>>>,
}

struct Cache {
    /// By the number of a site and combination of label values, and the method.
    recent: Vec<[Recent; Method::COUNT]>,
    /// By configuration, site and combination, method and template.
    all: BTreeMap<(usize, usize, Method, Option<String>), &'static Endpoint>,
}

/// The endpoints of the last two labels: a function mounted twice is common.
#[derive(Clone, Copy)]
struct Recent {
    last: Option<&'static Endpoint>,
    before: Option<&'static Endpoint>,
}

impl Recent {
    #[inline(never)]
    fn before(
        &self,
        http: &'static Http,
        site: &Site,
        label: &impl Label,
    ) -> Option<&'static Endpoint> {
        let before = self.before?;
        fits(before, http, site, label).then_some(before)
    }
}

/// Whether a request to the site is recorded in the endpoint.
#[inline(always)]
#[expect(clippy::inline_always, reason = "one call less in every request")]
fn fits(endpoint: &Endpoint, http: &'static Http, site: &Site, label: &impl Label) -> bool {
    std::ptr::eq(endpoint.http, http)
        && (site.handler.is_some() || label.is(&endpoint.series.template))
}

/// The thread has not met such a request, or not lately.
pub(crate) struct CacheMiss;

impl State {
    const fn new() -> Self {
        Self {
            last_closed: Cell::new(None),
            cache: RefCell::new(Cache::new()),
            open_streams: Cell::new(0),
            closed: RefCell::new(Vec::new()),
        }
    }
}

impl Cache {
    const fn new() -> Self {
        Self {
            recent: Vec::new(),
            all: BTreeMap::new(),
        }
    }

    #[inline]
    fn recent(
        &self,
        http: &'static Http,
        site: &Site,
        method: Method,
        label: &impl Label,
    ) -> Option<&'static Endpoint> {
        let recent = &self.recent.get(site.number() + label.combination())?[method as usize];
        let last = recent.last?;
        if fits(last, http, site, label) {
            return Some(last);
        }
        recent.before(http, site, label)
    }

    fn find(
        &mut self,
        http: &'static Http,
        site: &'static Site,
        method: Method,
        mut label: impl Label,
        defer: Defer,
    ) -> &'static Endpoint {
        let combination = label.combination();
        let number = site.number() + combination;
        let template = match site.handler {
            Some(_) => None,
            None => label.resolve(),
        };
        let endpoint = *self
            .all
            .entry((http.number, number, method, template))
            .or_insert_with_key(|(_, _, _, template)| {
                let handler = site.handler.or(template.as_deref()).unwrap_or(NO_HANDLER);
                let series = http.series_of(site, handler, combination);
                let method = http
                    .table
                    .method(series, method, http.measure_of(site, handler));
                series::with_panic(&http.table, series);
                Endpoint::of(http, shard::hold(on_exit), series, method, defer)
            });
        if number >= self.recent.len() {
            const NONE: Recent = Recent {
                last: None,
                before: None,
            };
            self.recent.resize(number + 1, [NONE; Method::COUNT]);
        }
        let recent = &mut self.recent[number][method as usize];
        recent.before = recent.last.replace(endpoint);
        endpoint
    }
}

/// `LocalKey::with`, but inlined.
#[inline]
fn with_state<R>(work: impl FnOnce(&State) -> R) -> R {
    STATE
        .try_with(|state| work(state))
        .expect("a thread-local without destructor is never gone")
}

/// Forgets the endpoints of this thread's shard, unless requests are still being recorded.
fn on_exit() -> bool {
    with_state(|state| {
        let cache = state.cache.replace(Cache::new());
        if state.open_streams.get() > 0 || cache.all.values().any(|known| known.is_in_progress()) {
            state.cache.replace(cache);
            return false;
        }
        state.last_closed.take();
        state.closed.take();
        true
    })
}

#[inline]
pub(super) fn cached(
    http: &'static Http,
    site: &'static Site,
    method: Method,
    label: &impl Label,
) -> Result<&'static Endpoint, CacheMiss> {
    with_state(|state| {
        let cache = state.cache.borrow();
        cache.recent(http, site, method, label).ok_or(CacheMiss)
    })
}

/// This thread's endpoint for a request.
pub(super) fn find(
    http: &'static Http,
    site: &'static Site,
    method: Method,
    label: impl Label,
    defer: Defer,
) -> &'static Endpoint {
    with_state(|state| {
        let mut cache = state.cache.borrow_mut();
        match cache.recent(http, site, method, &label) {
            Some(endpoint) => endpoint,
            None => cache.find(http, site, method, label, defer),
        }
    })
}

/// A stream left the gauge at its head, or has ended since.
pub(super) fn count_open_streams(by: isize) {
    with_state(|state| {
        let open = state.open_streams.get();
        state.open_streams.set(open.wrapping_add_signed(by));
    });
}

/// A closed record, if there is one.
#[inline]
pub(super) fn reuse() -> Option<Box<Open>> {
    with_state(|state| match state.last_closed.take() {
        None => reuse_another(state),
        closed => closed,
    })
}

#[inline(never)]
fn reuse_another(state: &State) -> Option<Box<Open>> {
    state.closed.borrow_mut().pop()
}

/// Keeps a closed record for the thread's next request.
#[inline]
pub(super) fn recycle(closed: Box<Open>) {
    with_state(|state| {
        if let Some(another) = state.last_closed.replace(Some(closed)) {
            recycle_another(state, another);
        }
    });
}

#[inline(never)]
fn recycle_another(state: &State, another: Box<Open>) {
    let mut closed = state.closed.borrow_mut();
    if closed.len() < POOL {
        closed.push(another);
    }
}
