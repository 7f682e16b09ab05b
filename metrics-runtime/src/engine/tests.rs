//! Exemplars' slots under real threads, and what is kept of many exemplars.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use super::{
    exemplar::{Exemplar, ExemplarSlot, greatest_of_latest},
    free_list::FreeList,
};

const MAX_AGE: u64 = 60;

/// An exemplar all of whose words follow from one number.
fn numbered(number: u64) -> Exemplar {
    Exemplar {
        trace: (u128::from(number) << 64) | u128::from(!number),
        value: number,
        at: number.wrapping_mul(3),
        timestamp: number.wrapping_mul(5),
    }
}

fn plain(trace: u128, value: u64, at: u64) -> Exemplar {
    Exemplar {
        trace,
        value,
        at,
        timestamp: at,
    }
}

#[test]
fn a_slot_is_due_when_empty_or_exceeded_or_too_old() {
    let slot = ExemplarSlot::new();
    assert_eq!(slot.read(), None);
    assert!(slot.is_due(0, 0, MAX_AGE));
    slot.write(plain(1, 10, 100));
    assert!(!slot.is_due(9, 160, MAX_AGE));
    assert!(!slot.is_due(10, 160, MAX_AGE));
    assert!(slot.is_due(11, 100, MAX_AGE));
    assert!(slot.is_due(0, 161, MAX_AGE));
    slot.write(plain(2, 3, 170));
    assert_eq!(slot.read(), Some(plain(2, 3, 170)));
    assert!(slot.is_due(4, 170, MAX_AGE));
}

#[test]
fn a_slots_timestamps_rise_when_the_systems_clock_goes_back() {
    let slot = ExemplarSlot::new();
    let mut last = 0;
    for timestamp in [1_000, 5_000, 2_000, 2_000, 7_000] {
        slot.write(Exemplar {
            timestamp,
            ..plain(1, 1, 1)
        });
        let shown = slot.read().unwrap().timestamp;
        assert!(shown > last && shown >= timestamp, "{last}, then {shown}");
        last = shown;
    }
    assert_eq!(last, 7_000);
}

#[test]
fn the_greatest_of_the_latest_is_shown_or_else_the_last() {
    let shown = |exemplars: &[Exemplar], now| {
        let shown = greatest_of_latest(exemplars.iter().copied(), now, MAX_AGE);
        shown.map(|exemplar| exemplar.trace)
    };
    let held = [plain(1, 50, 10), plain(2, 20, 40), plain(3, 30, 30)];
    assert_eq!(shown(&[], 0), None);
    assert_eq!(shown(&held, 41), Some(1));
    assert_eq!(shown(&held, 70), Some(1));
    // The slowest is too old, and then the next.
    assert_eq!(shown(&held, 71), Some(3));
    assert_eq!(shown(&held, 91), Some(2));
    // All are.
    assert_eq!(shown(&held, 1_000), Some(2));
    // Another thread's clock may be ahead of the reader's.
    assert_eq!(shown(&held, 0), Some(1));
}

#[test]
fn what_is_shown_of_several_threads_never_goes_back_in_time() {
    let mut random = 7_u64;
    let mut below = |end: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % end
    };
    let slots = [(); 3].map(|()| ExemplarSlot::new());
    let mut now = 0;
    let mut last = 0;
    for _ in 0..20_000 {
        now += below(20);
        let value = below(100);
        let slot = &slots[if value % 2 == 0 {
            0
        } else {
            1 + usize::from(value > 50)
        }];
        if slot.is_due(value, now, MAX_AGE) {
            slot.write(plain(1, value, now));
        }
        let held = slots.iter().filter_map(ExemplarSlot::read);
        let shown = greatest_of_latest(held, now, MAX_AGE).unwrap();
        assert!(shown.at >= last, "{} after {last}", shown.at);
        last = shown.at;
    }
}

#[test]
fn a_million_reads_give_only_exemplars_that_were_written() {
    const READS: u64 = 1_000_000;
    struct StopsWriters<'a>(&'a AtomicBool);
    impl Drop for StopsWriters<'_> {
        fn drop(&mut self) {
            self.0.store(true, Relaxed);
        }
    }
    let slots = [ExemplarSlot::new(), ExemplarSlot::new()];
    // Two threads that write, each for a while the one slot and then the other, as threads take and give shards.
    let free = FreeList::default();
    for slot in &slots {
        free.give(slot);
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for writer in 0..2 {
            let (free, done) = (&free, &done);
            scope.spawn(move || {
                let mut number = writer;
                while !done.load(Relaxed) {
                    let slot = free.take().expect("there are as many as writers");
                    for _ in 0..50 {
                        number += 2;
                        slot.write(numbered(number));
                    }
                    free.give(slot);
                }
            });
        }
        let _stops = StopsWriters(&done);
        for _ in 0..READS {
            for slot in &slots {
                if let Some(seen) = slot.read() {
                    let written = numbered(seen.value);
                    // A timestamp is raised where it would not be later than the last.
                    let timestamp = seen.timestamp.max(written.timestamp);
                    assert_eq!(
                        seen,
                        Exemplar {
                            timestamp,
                            ..written
                        }
                    );
                }
            }
        }
    });
}
