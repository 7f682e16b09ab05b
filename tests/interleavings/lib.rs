//! The engine's hand-over of shards, and its exemplars, under a model checker: every order in which threads may take turns, and every value that
//! the memory model lets a read give.

#![cfg(test)]

#[path = "../../metrics-runtime/src/engine/cell.rs"]
mod cell;
#[path = "../../metrics-runtime/src/engine/exemplar.rs"]
mod exemplar;
#[path = "../../metrics-runtime/src/engine/free_list.rs"]
mod free_list;

/// What the engine takes from `std`.
mod sync {
    pub(crate) use loom::sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    };
}

use cell::{add, add_float, read, release};
use exemplar::{Exemplar, ExemplarSlot, greatest_of_latest};
use free_list::FreeList;
use std::ops::RangeInclusive;

use loom::{
    model::Builder,
    sync::{Arc, Mutex},
    thread,
};
use sync::{AtomicU64, Ordering::Relaxed};

/// Where a writer may be overtaken.
///
/// Of the accesses to a variable the checker remembers the last, and so does not see that a thread that reads and then
/// writes one may have come before or after another's read. It sees it of this variable, which has no other use.
struct Turn(AtomicU64);

impl Turn {
    fn pass(&self) {
        self.0.store(1, Relaxed);
    }

    fn await_any(&self) {
        self.0.load(Relaxed);
    }
}

struct Shared {
    free: FreeList<Arc<Shard>>,
    all: Mutex<Vec<Arc<Shard>>>,
    turn: Turn,
}

/// The slots of one method, in the order in which a snapshot reads them.
struct Shard {
    in_progress: AtomicU64,
    seconds: AtomicU64,
    status: AtomicU64,
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            free: FreeList::default(),
            all: Mutex::new(Vec::new()),
            turn: Turn(AtomicU64::new(0)),
        })
    }

    /// A thread that lives for one request: it takes a shard, or makes one, and gives it back.
    fn serve(&self) {
        let shard = self.free.take().unwrap_or_else(|| {
            let shard = Arc::new(Shard {
                in_progress: AtomicU64::new(0),
                seconds: AtomicU64::new(0),
                status: AtomicU64::new(0),
            });
            self.all.lock().unwrap().push(Arc::clone(&shard));
            shard
        });
        add(&shard.in_progress, 1);
        self.turn.pass();
        add_float(&shard.seconds, 0.5);
        add(&shard.status, 1);
        self.turn.pass();
        release(&shard.in_progress, 1_u64.wrapping_neg());
        self.free.give(shard);
    }

    /// In progress, seconds, and requests.
    fn scrape(&self) -> (u64, f64, u64) {
        let mut sums = (0_u64, 0.0, 0);
        self.turn.await_any();
        let all = self.all.lock().unwrap().clone();
        for shard in all {
            sums.0 = sums.0.wrapping_add(read(&shard.in_progress));
            sums.1 += f64::from_bits(read(&shard.seconds));
            sums.2 += read(&shard.status);
        }
        sums
    }
}

fn check(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    // Errors in such code show with few switches; without a limit it would take hours.
    builder.preemption_bound = Some(3);
    builder.check(model);
}

#[test]
fn nothing_is_lost_when_shards_change_hands() {
    check(|| {
        let shared = Shared::new();
        let threads = [(); 2].map(|()| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.serve())
        });
        shared.serve();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(shared.scrape(), (0, 1.5, 3));
    });
}

#[test]
fn no_scrape_sees_less_than_the_one_before() {
    check(|| {
        let shared = Shared::new();
        let writer = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                shared.serve();
                shared.serve();
            }
        });
        let first = shared.scrape();
        let second = shared.scrape();
        assert!(second.1 >= first.1, "{first:?} then {second:?}");
        assert!(second.2 >= first.2, "{first:?} then {second:?}");
        writer.join().unwrap();
        assert_eq!(shared.scrape(), (0, 1.0, 2));
    });
}

#[test]
fn a_request_that_left_the_gauge_is_counted() {
    check(|| {
        let shard = Arc::new(Shard {
            in_progress: AtomicU64::new(1),
            seconds: AtomicU64::new(0),
            status: AtomicU64::new(0),
        });
        let writer = thread::spawn({
            let shard = Arc::clone(&shard);
            move || {
                add(&shard.status, 1);
                release(&shard.in_progress, 1_u64.wrapping_neg());
            }
        });
        let in_progress = read(&shard.in_progress);
        let counted = read(&shard.status);
        assert!(in_progress + counted >= 1, "the request is in neither");
        writer.join().unwrap();
    });
}

/// A slot as its owner and a reader use it.
struct Exemplars {
    slot: ExemplarSlot,
    turn: Turn,
}

impl Exemplars {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            slot: ExemplarSlot::new(),
            turn: Turn(AtomicU64::new(0)),
        })
    }

    fn write(&self, number: u64) {
        if self.slot.is_due(number, number, 60) {
            self.slot.write(numbered(number));
        }
        self.turn.pass();
    }

    fn read(&self) -> Option<Exemplar> {
        self.turn.await_any();
        self.slot.read()
    }
}

/// An exemplar all of whose words follow from one number.
fn numbered(number: u64) -> Exemplar {
    Exemplar {
        trace: (u128::from(number) << 64) | u128::from(number),
        value: number,
        at: number,
        timestamp: number,
    }
}

/// Writes some exemplars while another thread reads.
fn write_while(reader: impl FnOnce(&Exemplars), numbers: RangeInclusive<u64>) {
    let exemplars = Exemplars::new();
    let last = *numbers.end();
    let writer = thread::spawn({
        let exemplars = Arc::clone(&exemplars);
        move || numbers.for_each(|number| exemplars.write(number))
    });
    reader(&exemplars);
    writer.join().unwrap();
    assert_eq!(exemplars.read(), Some(numbered(last)));
}

#[test]
fn an_exemplar_is_read_as_it_was_written() {
    let read_one = |exemplars: &Exemplars| {
        if let Some(read) = exemplars.read() {
            assert_eq!(read, numbered(read.value));
        }
    };
    check(move || write_while(read_one, 1..=3));
}

#[test]
fn no_exemplar_is_read_after_a_later_one() {
    let read_two = |exemplars: &Exemplars| {
        let [first, second] = [exemplars.read(), exemplars.read()].map(|read| {
            assert!(read.is_none_or(|read| read == numbered(read.value)));
            read.map(|read| read.value)
        });
        assert!(second >= first, "{second:?} after {first:?}");
    };
    check(move || write_while(read_two, 1..=2));
}

#[test]
fn the_exemplars_of_two_threads_are_read_as_they_were_written() {
    check(|| {
        let slots = [Exemplars::new(), Exemplars::new()];
        let writers = [0, 1].map(|index| {
            let exemplars = Arc::clone(&slots[index]);
            thread::spawn(move || {
                for number in [1, 3] {
                    exemplars.write(number + index as u64);
                }
            })
        });
        let shown = || {
            let held = slots.iter().filter_map(|exemplars| exemplars.read());
            greatest_of_latest(held, 4, 60)
        };
        if let Some(shown) = shown() {
            assert_eq!(shown, numbered(shown.value));
        }
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(shown(), Some(numbered(4)));
    });
}

#[test]
fn an_exemplars_slot_changes_hands() {
    check(|| {
        let free = Arc::new(FreeList::default());
        let exemplars = Exemplars::new();
        free.give(Arc::clone(&exemplars));
        let writers = [1, 2].map(|number| {
            let free = Arc::clone(&free);
            thread::spawn(move || {
                if let Some(exemplars) = free.take() {
                    exemplars.write(number);
                    free.give(exemplars);
                }
            })
        });
        if let Some(read) = exemplars.read() {
            assert_eq!(read, numbered(read.value));
        }
        for writer in writers {
            writer.join().unwrap();
        }
        let read = exemplars.read().expect("one of them found it");
        assert_eq!(read, numbered(read.value));
    });
}
