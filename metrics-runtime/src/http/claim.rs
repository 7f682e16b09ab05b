//! Which requests of this thread have a `CatchAll` around them, and the records that are handed to it.
//!
//! `CatchAll` makes a [`Claim`] for each request and enters it around every call and poll of the services inside. A
//! handler that begins a record takes the claim of its request. From then on the record belongs to the claim: where the
//! handler would finish or drop it, it is handed over, and `CatchAll` closes it with the response that passes.
//!
//! Invariant: a request that a handler took is recorded by that handler's record or not at all; a request that nobody
//! took is recorded by `CatchAll`. The services inside may run in another task of the thread: a record finds its claim by
//! key, and a handler finds that of a request that waits by the request's address.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    mem,
    num::NonZeroU32,
    thread,
};

use super::record::{Open, Received, Record};
use crate::engine::clock::Tick;

thread_local! {
    /// The claim whose services are being called or polled.
    static CURRENT: Cell<Option<Key>> = const { Cell::new(None) };
    /// How many requests are in [`Claims::waiting`]: most threads have none, and then do not look.
    static WAITING: Cell<usize> = const { Cell::new(0) };
    static CLAIMS: RefCell<Claims> = const { RefCell::new(Claims::new()) };
}

/// A request, for as long as it lives on this thread.
///
/// The address of its head may be another request's afterwards, which comes from another connection. Middleware may
/// rewrite the path, so the path is not compared.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RequestId {
    pub(crate) head: usize,
    pub(crate) peer_port: u16,
}

/// Where an entry is, and which of those that were there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    index: u32,
    generation: NonZeroU32,
}

struct Claims {
    entries: Vec<Entry>,
    /// Entries without a claim.
    free: Vec<u32>,
    /// Requests that waited before anybody took them, by the address of their head.
    waiting: BTreeMap<usize, Key>,
}

struct Entry {
    generation: NonZeroU32,
    taken: bool,
    waiting: bool,
    panicked: bool,
    panic_counted: bool,
    request: RequestId,
    begun: Tick,
    received: Received,
    /// Until the request is taken, what shows it in the gauge while it waits; then the record that was handed over.
    record: Record,
    /// For a template when the request is gone. The memory is used again by the next request.
    path: String,
}

/// Memory for a longer path is not kept: a client could make every entry hold on to one.
const KEPT_PATH: usize = 1024;

/// What a claim ends with.
pub(crate) struct Closed {
    /// Whether a handler took the request: if it left no record, there is none to be made.
    pub(crate) taken: bool,
    pub(crate) record: Record,
    pub(crate) received: Received,
    /// Whether a panic unwound through the services inside, and whether it is counted already.
    pub(crate) panicked: bool,
    pub(crate) panic_counted: bool,
}

/// A request that `CatchAll` answers for, until it is closed.
pub(crate) struct Claim(Key);

/// Makes a claim the current one until it is dropped, then the one that was current before: claims nest.
pub(crate) struct Entered {
    key: Key,
    outer: Option<Key>,
}

/// What a handler learns from the claim it takes.
pub(crate) struct Taken {
    pub(super) key: Key,
    /// When the request reached `CatchAll`.
    pub(crate) begun: Tick,
    /// The size of its body. `CatchAll` counts a body that must be counted, so nobody counts it again.
    pub(super) received: Received,
}

impl Claims {
    const fn new() -> Self {
        Self {
            entries: Vec::new(),
            free: Vec::new(),
            waiting: BTreeMap::new(),
        }
    }

    #[inline]
    fn get(&mut self, key: Key) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(key.index as usize)?;
        (entry.generation == key.generation).then_some(entry)
    }

    #[inline]
    fn find(&mut self, request: RequestId) -> Option<Key> {
        if let Some(key) = CURRENT.get()
            && self.is_of(key, request)
        {
            return Some(key);
        }
        if WAITING.get() > 0 {
            self.find_waiting(request)
        } else {
            None
        }
    }

    #[cold]
    fn find_waiting(&mut self, request: RequestId) -> Option<Key> {
        let key = *self.waiting.get(&request.head)?;
        self.is_of(key, request).then_some(key)
    }

    #[inline]
    fn is_of(&mut self, key: Key, request: RequestId) -> bool {
        self.get(key).is_some_and(|entry| entry.request == request)
    }

    #[inline]
    fn insert(&mut self, request: RequestId, begun: Tick, received: Received, path: &str) -> Key {
        let index = match self.free.pop() {
            Some(index) => index,
            None => self.insert_another(),
        };
        let entry = &mut self.entries[index as usize];
        entry.request = request;
        entry.begun = begun;
        entry.received = received;
        entry.path.push_str(path);
        Key {
            index,
            generation: entry.generation,
        }
    }

    #[cold]
    fn insert_another(&mut self) -> u32 {
        let index = u32::try_from(self.entries.len()).expect("fewer requests at once than 2^32");
        self.entries.push(Entry {
            generation: NonZeroU32::MIN,
            taken: false,
            waiting: false,
            panicked: false,
            panic_counted: false,
            request: RequestId::default(),
            begun: Tick::default(),
            received: Received::Bytes(0),
            record: Record::default(),
            path: String::new(),
        });
        index
    }

    /// Frees an entry whose record was taken out.
    #[inline]
    fn free(&mut self, key: Key) {
        let Some(entry) = self.get(key) else { return };
        entry.received = Received::Bytes(0);
        entry.generation = entry.generation.checked_add(1).unwrap_or(NonZeroU32::MIN);
        entry.taken = false;
        entry.panicked = false;
        entry.panic_counted = false;
        if entry.path.capacity() > KEPT_PATH {
            entry.path = String::new();
        } else {
            entry.path.clear();
        }
        if mem::take(&mut entry.waiting) {
            let head = entry.request.head;
            self.remove_waiting(head, key);
        }
        self.free.push(key.index);
    }

    #[inline]
    fn take_record(&mut self, key: Key) -> Option<Record> {
        let entry = self.get(key)?;
        if !entry.taken {
            return None;
        }
        let record = mem::take(&mut entry.record);
        self.free(key);
        Some(record)
    }

    fn close(&mut self, key: Key) -> Option<Closed> {
        let entry = self.get(key)?;
        let closed = Closed {
            taken: entry.taken,
            record: mem::take(&mut entry.record),
            received: entry.received.clone(),
            panicked: entry.panicked,
            panic_counted: entry.panic_counted,
        };
        self.free(key);
        Some(closed)
    }

    #[cold]
    fn remove_waiting(&mut self, head: usize, key: Key) {
        // Another request may be at the same address by now.
        if self.waiting.get(&head) == Some(&key) {
            self.waiting.remove(&head);
        }
        WAITING.set(self.waiting.len());
    }
}

/// Looks at this thread's claims; `None` where the thread is ending and has none left.
///
/// A record must not be dropped in `work`, because it would look here too.
#[inline]
fn with_claims<R>(work: impl FnOnce(&mut Claims) -> Option<R>) -> Option<R> {
    CLAIMS
        .try_with(|claims| work(&mut claims.borrow_mut()))
        .ok()?
}

impl Claim {
    /// Claims a request for which [`is_claimed`] is false; `None` where the thread is ending.
    #[inline]
    pub(crate) fn new(
        request: RequestId,
        begun: Tick,
        received: Received,
        path: &str,
    ) -> Option<Self> {
        with_claims(|claims| Some(Self(claims.insert(request, begun, received, path))))
    }

    /// Enters the claim: until the guard is dropped, it is found by whoever looks for the claim of this request.
    #[inline]
    pub(crate) fn enter(&self) -> Entered {
        Entered {
            key: self.0,
            outer: CURRENT.replace(Some(self.0)),
        }
    }

    /// The services inside wait. Unless a handler has taken the request, `record` shows it in the gauge from now on, and
    /// the claim can be found outside its guard too.
    #[inline]
    pub(crate) fn wait(&self, record: impl FnOnce(&str) -> Record) {
        let is_known = with_claims(|claims| {
            let entry = claims.get(self.0)?;
            Some(entry.taken || entry.waiting)
        });
        if is_known == Some(false) {
            self.wait_untaken(record);
        }
    }

    #[cold]
    fn wait_untaken(&self, record: impl FnOnce(&str) -> Record) {
        with_claims(|claims| {
            let entry = claims.get(self.0)?;
            entry.waiting = true;
            entry.record = record(&entry.path);
            let head = entry.request.head;
            claims.waiting.insert(head, self.0);
            WAITING.set(claims.waiting.len());
            Some(())
        });
    }

    /// The path of the request as it reached `CatchAll`.
    #[cold]
    pub(crate) fn path(&self) -> String {
        with_claims(|claims| Some(claims.get(self.0)?.path.clone())).unwrap_or_default()
    }

    /// Ends the claim if a handler took the request, and gives what the handler left. A record that is handed over later is
    /// closed by its handler.
    #[inline]
    pub(crate) fn close_taken(&self) -> Option<Record> {
        with_claims(|claims| claims.take_record(self.0))
    }

    /// Ends the claim, unless that was done.
    #[inline(never)]
    pub(crate) fn close(&self) -> Option<Closed> {
        with_claims(|claims| claims.close(self.0))
    }
}

impl Drop for Entered {
    #[inline]
    fn drop(&mut self) {
        CURRENT.set(self.outer);
        if thread::panicking() {
            self.note_panic();
        }
    }
}

impl Entered {
    #[cold]
    fn note_panic(&self) {
        with_claims(|claims| {
            claims.get(self.key)?.panicked = true;
            Some(())
        });
    }
}

/// Whether a request may have a `CatchAll` around it: a cheap answer, for the requests of threads without one.
#[inline]
pub(crate) fn may_be_claimed() -> bool {
    CURRENT.get().is_some() || WAITING.get() > 0
}

/// Whether another `CatchAll` is around the request.
#[inline]
pub(crate) fn is_claimed(request: impl FnOnce() -> RequestId) -> bool {
    may_be_claimed() && with_claims(|claims| claims.find(request())).is_some()
}

/// Takes the claim of a request that has a `CatchAll` around it: the caller alone records the request now. What an earlier
/// attempt at it recorded is cancelled.
#[inline]
pub(crate) fn take(request: impl FnOnce() -> RequestId) -> Option<Taken> {
    if !may_be_claimed() {
        return None;
    }
    let (taken, earlier) = with_claims(|claims| {
        let key = claims.find(request())?;
        let entry = claims.get(key)?;
        entry.taken = true;
        let taken = Taken {
            key,
            begun: entry.begun,
            received: entry.received.clone(),
        };
        Some((taken, mem::take(&mut entry.record)))
    })?;
    earlier.cancel();
    Some(taken)
}

/// Hands a record to the `CatchAll` around its request; gives it back where that has answered already. Of several records
/// of one request the last is kept.
pub(super) fn hand_over(key: Key, mut open: Box<Open>) -> Option<Box<Open>> {
    open.claim = None;
    let mut record = Record::from(Some(open));
    // What comes back is an earlier record, or this one.
    let is_handed_over = with_claims(|claims| {
        mem::swap(&mut claims.get(key)?.record, &mut record);
        Some(())
    });
    if is_handed_over.is_none() {
        return record.into_open();
    }
    record.cancel();
    None
}

/// The same with a record that is dropped without a response. A panic is counted now: the thread may stop panicking
/// before `CatchAll` sees anything.
#[cold]
pub(super) fn hand_over_abandoned(open: Box<Open>) -> Option<Box<Open>> {
    let Some(key) = open.claim else {
        return Some(open);
    };
    if thread::panicking() {
        let is_claimed = with_claims(|claims| {
            claims.get(key)?.panic_counted = true;
            Some(())
        });
        if is_claimed.is_some() {
            open.count_panic();
        }
    }
    hand_over(key, open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Config, engine::clock, expose, http::Http, method::Method, site::Site};

    static SITE: Site = Site::new("claimed").handler("/claimed");

    fn http() -> &'static Http {
        Http::new(Config::builder().resolve(|_| None).unwrap())
    }

    fn begin(http: &'static Http) -> Record {
        http.begin(&SITE, Method::Get, clock::now(), || None, |work| work())
    }

    fn request(head: usize, peer_port: u16) -> RequestId {
        RequestId { head, peer_port }
    }

    fn claim(request: RequestId) -> Claim {
        Claim::new(request, clock::now(), Received::Bytes(7), "/").unwrap()
    }

    /// What was counted under each status.
    fn statuses(http: &'static Http) -> Vec<(u16, u64)> {
        let text = expose::render(http, expose::Format::Text, || {});
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let samples = lines.map(|line| line.rsplit_once(' ').unwrap());
        samples
            .filter_map(|(series, value)| {
                assert!(!series.starts_with("http_requests_inprogress") || value == "0");
                let status = series.strip_prefix("http_requests_total")?;
                let (_, status) = status.split_once("status=\"")?;
                let count: u64 = value.parse().unwrap();
                (count > 0).then(|| (status[..3].parse().unwrap(), count))
            })
            .collect()
    }

    #[test]
    fn a_claim_is_found_where_it_is_entered_and_by_its_request_alone() {
        let (outer, inner) = (request(1, 1), request(2, 1));
        assert!(take(|| outer).is_none());
        let around = claim(outer);
        assert!(take(|| outer).is_none(), "not entered");
        let entered = around.enter();
        assert!(is_claimed(|| outer) && !is_claimed(|| inner));
        {
            let nested = claim(inner);
            let _entered = nested.enter();
            assert!(is_claimed(|| inner) && !is_claimed(|| outer));
            assert!(nested.close().is_some());
        }
        assert!(take(|| outer).is_some());
        drop(entered);
        assert!(!is_claimed(|| outer));
        assert!(around.close().unwrap().taken);
        assert!(around.close().is_none(), "closed twice");
    }

    #[test]
    fn a_claim_that_waits_is_found_by_its_request_until_another_is_in_its_place() {
        let http = http();
        let waiting = claim(request(1, 1));
        waiting.wait(|_| begin(http));
        assert!(is_claimed(|| request(1, 1)));
        assert!(!is_claimed(|| request(1, 2)), "another connection's");
        assert!(!is_claimed(|| request(2, 1)));
        // The first request was dropped, and another has its place in memory.
        let second = claim(request(1, 2));
        second.wait(|_| begin(http));
        assert!(!is_claimed(|| request(1, 1)));
        waiting.close().unwrap().record.cancel();
        assert!(is_claimed(|| request(1, 2)));
        second.close().unwrap().record.cancel();
        assert!(!may_be_claimed());
        assert_eq!(statuses(http), []);
    }

    #[test]
    fn what_is_handed_over_is_closed_by_the_claim_and_counted_once() {
        let http = http();
        let around = claim(request(1, 1));
        let entered = around.enter();
        for _ in 0..2 {
            let taken = take(|| request(1, 1)).unwrap();
            let mut record = begin(http).claimed(taken);
            assert!(record.hand_over() && record.is_none());
        }
        drop(entered);
        around.close_taken().unwrap().finish(504, 0);
        assert_eq!(statuses(http), [(504, 1)]);
    }

    #[test]
    fn what_is_dropped_is_handed_over_and_what_comes_too_late_counts_for_itself() {
        let http = http();
        let around = claim(request(1, 1));
        let entered = around.enter();
        let taken = take(|| request(1, 1)).unwrap();
        drop(begin(http).claimed(taken));
        let mut late = begin(http).claimed(take(|| request(1, 1)).unwrap());
        drop(entered);
        assert!(around.close_taken().unwrap().is_none(), "it was cancelled");
        // Another claim has the same entry by now.
        let other = claim(request(2, 1));
        assert!(!late.hand_over());
        late.finish(200, 0);
        assert!(other.close().unwrap().record.is_none());
        assert_eq!(statuses(http), [(200, 1)]);
    }
}
