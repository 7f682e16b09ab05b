//! One thread's cells, and which thread has which.
//!
//! A thread takes a shard when it counts for the first time and gives it back when it ends, totals and all: the next thread
//! goes on counting where this one stopped. So there are never more shards than threads lived at once, and no total is ever
//! moved. A thread that still holds something that writes to its shard when it ends keeps it for good.
//!
//! That is so where the target has thread-locals of its own, as Linux, macOS and Windows with MSVC do. Where std makes them
//! of the system's keys, shards of ended threads may not be used again.

use std::{
    cell::{Cell, RefCell},
    mem::ManuallyDrop,
    sync::{Mutex, atomic::AtomicU64},
};

use once_cell::sync::Lazy;

use super::{free_list::FreeList, layout, layout::Run, lock};

/// So many families are found in a thread's state without another look.
const TABLE: usize = 256;

static SHARDS: Mutex<Vec<&'static Shard>> = Mutex::new(Vec::new());
static FREE: Lazy<FreeList<&'static Shard>> = Lazy::new(FreeList::default);

/// The cells of one thread at a time, chunk by chunk.
pub(crate) struct Shard {
    pub(crate) number: usize,
    /// Only the owner adds; a snapshot copies the list.
    chunks: Mutex<Vec<Option<&'static [AtomicU64]>>>,
}

impl Shard {
    fn new() -> &'static Self {
        let mut all = lock(&SHARDS);
        let shard: &'static Self = Box::leak(Box::new(Self {
            number: all.len(),
            chunks: Mutex::default(),
        }));
        all.push(shard);
        shard
    }

    /// A run's cells. Only the shard's owner writes them.
    pub(crate) fn cells(&self, run: Run) -> &'static [AtomicU64] {
        let mut chunks = lock(&self.chunks);
        if chunks.len() <= run.chunk {
            chunks.resize(run.chunk + 1, None);
        }
        let chunk = chunks[run.chunk].get_or_insert_with(|| zeroed(layout::chunk(run.chunk).len));
        &chunk[run.start..run.start + run.len]
    }

    pub(super) fn chunks(&self) -> Vec<Option<&'static [AtomicU64]>> {
        lock(&self.chunks).clone()
    }
}

/// Cells that share no cache line, nor the pair of lines some processors fetch together, with anything else.
fn zeroed(len: usize) -> &'static [AtomicU64] {
    const PAIR: usize = 128 / size_of::<AtomicU64>();
    let cells: Box<[AtomicU64]> = (0..len.next_multiple_of(PAIR) + PAIR)
        .map(|_| AtomicU64::new(0))
        .collect();
    let cells: &'static [AtomicU64] = Box::leak(cells);
    let misaligned = cells.as_ptr().addr() / size_of::<AtomicU64>() % PAIR;
    &cells[(PAIR - misaligned) % PAIR..][..len]
}

pub(super) fn all() -> Vec<&'static Shard> {
    lock(&SHARDS).clone()
}

thread_local! {
    /// Without a destructor, so that no increment checks whether it has run; [`AtExit`] is that.
    static STATE: ManuallyDrop<State> = const { ManuallyDrop::new(State::new()) };
    static AT_EXIT: AtExit = const { AtExit };
}

struct State {
    /// Cells by the number of their family; empty where this thread has not acquired them.
    table: [Cell<&'static [AtomicU64]>; TABLE],
    /// Those with greater numbers.
    more: RefCell<Vec<&'static [AtomicU64]>>,
    shard: Cell<Option<&'static Shard>>,
    /// Whether the shard was given back.
    exited: Cell<bool>,
    on_exit: Cell<Option<OnExit>>,
}

/// Called when a thread ends. Returns whether the thread's shard may be given back: nothing writes to it any more, and
/// nothing holds its cells.
pub(crate) type OnExit = fn() -> bool;

impl State {
    const fn new() -> Self {
        Self {
            table: [const { Cell::new(&[]) }; TABLE],
            more: RefCell::new(Vec::new()),
            shard: Cell::new(None),
            exited: Cell::new(false),
            on_exit: Cell::new(None),
        }
    }
}

/// `LocalKey::with`, but inlined.
#[inline]
fn with_state<R>(work: impl FnOnce(&State) -> R) -> R {
    STATE
        .try_with(|state| work(state))
        .expect("a thread-local without destructor is never gone")
}

struct AtExit;

impl Drop for AtExit {
    fn drop(&mut self) {
        with_state(|state| {
            if state
                .on_exit
                .get()
                .is_some_and(|may_give_back| !may_give_back())
            {
                return;
            }
            state.exited.set(true);
            for cells in &state.table {
                cells.set(&[]);
            }
            state.more.take();
            if let Some(shard) = state.shard.take() {
                FREE.give(shard);
            }
        });
    }
}

/// This thread's shard, acquired if need be; `None` once the thread has given it back.
pub(crate) fn own() -> Option<&'static Shard> {
    with_state(|state| match state.shard.get() {
        None if state.exited.get() => None,
        None => {
            let shard = FREE.take().unwrap_or_else(Shard::new);
            state.shard.set(Some(shard));
            AT_EXIT.with(|_| ());
            Some(shard)
        }
        shard => shard,
    })
}

/// This thread's shard, for something that holds its cells; `on_exit` says when it no longer does.
///
/// A thread that has given its shard back gets another, which stays its own for good.
pub(crate) fn hold(on_exit: OnExit) -> &'static Shard {
    with_state(|state| {
        state.on_exit.set(Some(on_exit));
        own().unwrap_or_else(|| {
            let shard = FREE.take().unwrap_or_else(Shard::new);
            state.shard.set(Some(shard));
            shard
        })
    })
}

/// A shard for the moment, in a thread that has given its own back.
#[cold]
pub(super) fn borrow(work: impl FnOnce(&'static Shard)) {
    let shard = FREE.take().unwrap_or_else(Shard::new);
    work(shard);
    FREE.give(shard);
}

/// The cells this thread keeps under a number; empty if it keeps none.
#[inline]
pub(super) fn kept(number: usize) -> &'static [AtomicU64] {
    with_state(|state| match state.table.get(number) {
        Some(cells) => cells.get(),
        None => kept_in_more(state, number),
    })
}

#[inline(never)]
fn kept_in_more(state: &State, number: usize) -> &'static [AtomicU64] {
    let more = state.more.borrow();
    more.get(number - TABLE).copied().unwrap_or(&[])
}

pub(super) fn keep(number: usize, cells: &'static [AtomicU64]) {
    with_state(|state| match state.table.get(number) {
        Some(kept) => kept.set(cells),
        None => {
            let mut more = state.more.borrow_mut();
            let index = number - TABLE;
            if more.len() <= index {
                more.resize(index + 1, &[]);
            }
            more[index] = cells;
        }
    });
}

/// How many shards there are.
#[cfg(test)]
pub(crate) fn count() -> usize {
    lock(&SHARDS).len()
}
