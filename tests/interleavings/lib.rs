//! The recorder's counters under a model checker: every order in which threads may take turns, and every value that the
//! memory model lets a read give.

#![cfg(test)]

#[path = "../../metrics-runtime/src/recorder/single_writer.rs"]
mod single_writer;

use atomic::{AtomicU64, Ordering::Relaxed};
use loom::{
    model::Builder,
    sync::{Arc, Mutex, atomic},
    thread,
};
use single_writer::{Pulse, Statuses, add};

/// Where a writer may be overtaken.
///
/// Of the accesses to a variable the checker remembers the last, and so does not see that a thread that reads and then
/// writes one may have come before or after another's read. It sees it of this variable, whose order is that of nothing
/// else.
struct Turn(AtomicU64);

impl Turn {
    fn pass(&self) {
        self.0.store(1, Relaxed);
    }

    fn await_any(&self) {
        self.0.load(Relaxed);
    }
}

/// A model of what the ledger's threads share: the pages nobody owns at the moment, and the list of all that a scrape reads.
struct Shared {
    pool: Mutex<Vec<Arc<Pages>>>,
    shown: Mutex<Vec<Arc<Pages>>>,
    turn: Turn,
}

struct Pages {
    statuses: Statuses,
    sum: AtomicU64,
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            pool: Mutex::new(Vec::new()),
            shown: Mutex::new(Vec::new()),
            turn: Turn(AtomicU64::new(0)),
        })
    }

    /// A thread that lives for one request: it adopts pages, or makes some, and leaves them.
    fn serve(&self) {
        let adopted = self.pool.lock().unwrap().pop();
        let pages = adopted.unwrap_or_else(|| {
            let pages = Arc::new(Pages {
                statuses: Statuses::new(),
                sum: AtomicU64::new(0),
            });
            self.shown.lock().unwrap().push(Arc::clone(&pages));
            pages
        });
        pages.statuses.count(200);
        self.turn.pass();
        add(&pages.sum, 7);
        self.turn.pass();
        self.pool.lock().unwrap().push(pages);
    }

    /// Requests, and the sum beside them.
    fn scrape(&self) -> (u64, u64) {
        let mut total = (0, 0);
        self.turn.await_any();
        for pages in self.shown.lock().unwrap().iter() {
            pages.statuses.for_each(|_, count| total.0 += count);
            total.1 += pages.sum.load(Relaxed);
        }
        total
    }
}

fn check(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    // Errors in such code show with few switches; without a limit it would take hours.
    builder.preemption_bound = Some(3);
    builder.check(model);
}

#[test]
fn nothing_is_lost_when_pages_change_hands() {
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
        assert_eq!(shared.scrape(), (3, 21));
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
        assert!(first.0 <= second.0 && first.1 <= second.1);
        writer.join().unwrap();
        assert_eq!(shared.scrape(), (2, 14));
    });
}

#[test]
fn who_sees_a_status_sees_its_count() {
    check(|| {
        let shared = Arc::new((Statuses::new(), Turn(AtomicU64::new(0))));
        let writer = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                let (statuses, turn) = &*shared;
                for status in [200, 404] {
                    statuses.count(status);
                    turn.pass();
                }
            }
        });
        let (statuses, turn) = &*shared;
        let mut seen = Vec::new();
        turn.await_any();
        statuses.for_each(|status, count| seen.push((status, count)));
        assert!(
            [vec![], vec![(200, 1)], vec![(200, 1), (404, 1)]].contains(&seen),
            "{seen:?}"
        );
        writer.join().unwrap();
    });
}

/// How a request passes, as the pulse sees it.
#[derive(Clone, Copy)]
enum Passage {
    /// It is counted as it leaves.
    Ends,
    /// It leaves with its response's head, and is counted once its body was sent.
    Streams,
    /// It is another's.
    Leaves,
    /// It is still there.
    Stays,
}

#[test]
fn under_the_same_pulse_nothing_is_left_to_be_read() {
    use Passage::{Ends, Leaves, Stays, Streams};
    for (passages, in_progress, counted) in [
        ([Ends, Ends], 0, 2),
        ([Streams, Streams], 0, 2),
        ([Ends, Leaves], 0, 1),
        ([Ends, Stays], 1, 1),
    ] {
        check(move || {
            let shared = Arc::new((Pulse::new(), AtomicU64::new(0), Turn(AtomicU64::new(0))));
            let writer = thread::spawn({
                let shared = Arc::clone(&shared);
                move || {
                    let (pulse, sum, turn) = &*shared;
                    let count = || {
                        add(sum, 7);
                        turn.pass();
                    };
                    for passage in passages {
                        pulse.begin();
                        turn.pass();
                        match passage {
                            Ends => {
                                count();
                                pulse.end();
                            }
                            Streams => {
                                pulse.leave();
                                turn.pass();
                                count();
                                pulse.count();
                            }
                            Leaves => pulse.leave(),
                            Stays => {}
                        }
                        turn.pass();
                    }
                }
            });
            let (pulse, sum, turn) = &*shared;
            turn.await_any();
            let then = (pulse.read(), sum.load(Relaxed));
            writer.join().unwrap();
            let now = (pulse.read(), sum.load(Relaxed));
            assert!(then.0 != now.0 || then.1 == now.1);
            assert_eq!(Pulse::inprogress(now.0), in_progress);
            assert_eq!(now.1, 7 * counted);
        });
    }
}
