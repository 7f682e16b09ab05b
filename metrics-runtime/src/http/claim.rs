//! Which requests of this thread have a `CatchAll` around them, and the records that are handed to it.
//!
//! `CatchAll` makes a [`Claim`] for each request and enters it around every call and poll of the services inside. A
//! handler that begins a record takes the claim of its request. From then on the record belongs to the claim: where the
//! handler would finish or drop it, it is handed over, and `CatchAll` closes it with the response that passes.
//!
//! Invariant: a request that a handler took is recorded by that handler's record or not at all; a request that nobody
//! took is recorded by `CatchAll`. An inner service may run in another task of the thread: a claim is found by its key
//! from anywhere, and while it waits by the address of its request.

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
#[derive(Clone, Copy, PartialEq, Eq)]
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
    request: RequestId,
    begun: Tick,
    received: Received,
    taken: bool,
    waiting: bool,
    panicked: bool,
    panic_counted: bool,
    /// Until the request is taken, what shows it in the gauge while it waits; then the record that was handed over.
    record: Record,
}

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

/// A request that `CatchAll` answers for. Dropped without being closed, it is forgotten.
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
        let current = CURRENT.get();
        let is_of_request = |claims: &mut Self, key| {
            claims
                .get(key)
                .is_some_and(|entry| entry.request == request)
        };
        match current {
            Some(key) if is_of_request(self, key) => Some(key),
            _ if WAITING.get() == 0 => None,
            _ => {
                let key = *self.waiting.get(&request.head)?;
                is_of_request(self, key).then_some(key)
            }
        }
    }

    fn insert(&mut self, request: RequestId, begun: Tick, received: Received) -> Key {
        let Some(index) = self.free.pop() else {
            return self.insert_another(request, begun, received);
        };
        let entry = &mut self.entries[index as usize];
        entry.request = request;
        entry.begun = begun;
        entry.received = received;
        Key {
            index,
            generation: entry.generation,
        }
    }

    #[cold]
    fn insert_another(&mut self, request: RequestId, begun: Tick, received: Received) -> Key {
        let key = Key {
            index: u32::try_from(self.entries.len()).expect("fewer requests at once than 2^32"),
            generation: NonZeroU32::MIN,
        };
        self.entries.push(Entry {
            generation: key.generation,
            request,
            begun,
            received,
            taken: false,
            waiting: false,
            panicked: false,
            panic_counted: false,
            record: Record::default(),
        });
        key
    }

    fn remove(&mut self, key: Key) -> Option<Closed> {
        let entry = self.get(key)?;
        entry.generation = entry.generation.checked_add(1).unwrap_or(NonZeroU32::MIN);
        let closed = Closed {
            taken: mem::take(&mut entry.taken),
            record: mem::take(&mut entry.record),
            received: mem::replace(&mut entry.received, Received::Bytes(0)),
            panicked: mem::take(&mut entry.panicked),
            panic_counted: mem::take(&mut entry.panic_counted),
        };
        if mem::take(&mut entry.waiting) {
            let head = entry.request.head;
            self.remove_waiting(head, key);
        }
        self.free.push(key.index);
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
    /// `None` where another `CatchAll` stands around the request already.
    #[inline]
    pub(crate) fn new(
        request: RequestId,
        begun: Tick,
        received: impl FnOnce() -> Received,
    ) -> Option<Self> {
        if is_claimed(request) {
            return None;
        }
        let received = received();
        with_claims(|claims| Some(Self(claims.insert(request, begun, received))))
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
    pub(crate) fn wait(&self, record: impl FnOnce() -> Record) {
        let is_known = with_claims(|claims| {
            let entry = claims.get(self.0)?;
            Some(entry.taken || entry.waiting)
        });
        if is_known == Some(false) {
            self.wait_untaken(record());
        }
    }

    #[cold]
    fn wait_untaken(&self, record: Record) {
        with_claims(|claims| {
            let entry = claims.get(self.0)?;
            entry.waiting = true;
            entry.record = record;
            let head = entry.request.head;
            claims.waiting.insert(head, self.0);
            WAITING.set(claims.waiting.len());
            Some(())
        });
    }

    /// Ends the claim. A record that is handed over later is closed by its handler.
    #[inline]
    pub(crate) fn close(self) -> Option<Closed> {
        let key = self.0;
        mem::forget(self);
        with_claims(|claims| claims.remove(key))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        drop(with_claims(|claims| claims.remove(self.0)));
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

#[inline]
fn may_be_claimed() -> bool {
    CURRENT.get().is_some() || WAITING.get() > 0
}

fn is_claimed(request: RequestId) -> bool {
    may_be_claimed() && with_claims(|claims| claims.find(request)).is_some()
}

/// Takes the claim of a request that has a `CatchAll` around it: the caller alone records the request now. What an earlier
/// attempt at it recorded is cancelled.
#[inline]
pub(crate) fn take(request: impl FnOnce() -> RequestId) -> Option<Taken> {
    if !may_be_claimed() {
        return None;
    }
    take_claim(request())
}

fn take_claim(request: RequestId) -> Option<Taken> {
    let (taken, earlier) = with_claims(|claims| {
        let key = claims.find(request)?;
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

/// Hands a record to the `CatchAll` around its request; gives it back if there is none, or none any more. Of several
/// records of one request the last is kept.
#[inline]
pub(super) fn hand_over(open: Box<Open>) -> Option<Box<Open>> {
    let Some(key) = open.claim else {
        return Some(open);
    };
    hand_over_to(key, open)
}

fn hand_over_to(key: Key, mut open: Box<Open>) -> Option<Box<Open>> {
    open.claim = None;
    let mut open = Some(open);
    let earlier = with_claims(|claims| {
        let entry = claims.get(key)?;
        Some(mem::replace(&mut entry.record, Record::from(open.take())))
    });
    if let Some(earlier) = earlier {
        earlier.cancel();
    }
    open
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
    hand_over_to(key, open)
}
