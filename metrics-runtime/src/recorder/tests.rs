//! The engine under threads: exact totals, values that never go back, threads that come and go.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
};

use super::{
    Received, Record, Recorder, clock, ledger,
    single_writer::Statuses,
    snapshot::{Handler, PerMethod},
};
use crate::{config::Config, method::Method, site::Site};

const THREADS: u64 = 4;
const REQUESTS: u64 = if cfg!(miri) { 50 } else { 1_000_000 };

fn recorder(process_wide: bool) -> &'static Recorder {
    let config = Config::builder()
        .high_resolution_latency(true)
        .resolve(|_| None)
        .unwrap();
    Recorder::new(config, process_wide, |work| work())
}

fn begin(recorder: &'static Recorder, site: &'static Site) -> Record {
    recorder.begin(site, Method::Get, clock::now(), || Some("/t".to_owned()))
}

fn serve(recorder: &'static Recorder, site: &'static Site, status: u16, bytes: u64) {
    begin(recorder, site).finish(status, bytes);
}

/// What is shown of the only handler's only method.
fn only_method<T>(
    recorder: &'static Recorder,
    look: impl FnOnce(&Handler<'_>, &PerMethod<'_>) -> T,
) -> T {
    let snapshot = recorder.recorded();
    let handlers: Vec<_> = snapshot.handlers().collect();
    assert_eq!(handlers.len(), 1, "one handler");
    let methods: Vec<_> = handlers[0].methods().collect();
    assert_eq!(methods.len(), 1, "one method");
    look(&handlers[0], &methods[0])
}

/// Every number that may only rise.
fn counters(recorder: &'static Recorder) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for handler in recorder.recorded().handlers() {
        for method in handler.methods() {
            for (status, count) in method.statuses {
                all.insert(format!("status {status}"), *count);
            }
            for (index, count) in method.durations.counts.iter().enumerate() {
                all.insert(format!("bucket {index}"), *count);
            }
            all.insert("sum".to_owned(), method.durations.sum_nanos());
        }
        all.insert("bytes".to_owned(), handler.response_bytes());
    }
    all
}

#[test]
fn exact_and_monotonic_while_scraped() {
    static SITE: Site = Site::new("exact").handler("/exact");
    let recorder = recorder(true);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let scraper = scope.spawn(|| {
            let mut last = BTreeMap::new();
            let mut scrapes = 0_u64;
            while !done.load(Relaxed) {
                let now = counters(recorder);
                for (name, before) in &last {
                    assert!(now[name] >= *before, "{name} went back");
                }
                last = now;
                scrapes += 1;
            }
            scrapes
        });
        let writers: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn(move || {
                    for request in 0..REQUESTS {
                        let status = if request % 10 == 0 { 500 } else { 200 };
                        serve(recorder, &SITE, status, thread);
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Relaxed);
        assert!(scraper.join().unwrap() > 0);
    });

    let total = THREADS * REQUESTS;
    only_method(recorder, |handler, method| {
        assert_eq!(
            method.statuses[..],
            [(200, total * 9 / 10), (500, total / 10)]
        );
        assert_eq!(method.durations.count(), total);
        assert_eq!(
            handler.response_bytes(),
            REQUESTS * (0..THREADS).sum::<u64>()
        );
        assert_eq!(method.inprogress, 0);
    });
    assert_eq!(recorder.overall(|all| all.count()), Some(total));
}

#[test]
fn threads_that_end_leave_their_totals_and_their_memory() {
    static SITE: Site = Site::new("visitors");
    let recorder = recorder(false);
    let visitors = if cfg!(miri) { 20 } else { 20_000 };
    for _ in 0..visitors {
        thread::spawn(|| serve(recorder, &SITE, 200, 1))
            .join()
            .unwrap();
    }
    only_method(recorder, |handler, method| {
        assert_eq!(method.statuses[0], (200, visitors));
        assert_eq!(handler.response_bytes(), visitors);
    });
    // Other tests' threads put pages into the same pool: as many as they are, not as many as came.
    let cells = recorder.table.list().at(0).cells().count();
    assert!(cells < 20, "{cells}");
}

#[test]
fn a_record_that_outlives_its_threads_ledger_is_counted() {
    static SITE: Site = Site::new("late");
    static SEEN: AtomicBool = AtomicBool::new(false);
    struct Late(Record);
    impl Drop for Late {
        fn drop(&mut self) {
            let cells = self.0.0.as_ref().unwrap().cells;
            assert!(ledger::own(cells).is_none(), "perhaps another thread's");
            SEEN.store(true, Relaxed);
        }
    }
    thread_local! {
        static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
    }
    let recorder = recorder(false);
    thread::spawn(|| {
        // Thread-locals are destroyed last first, so this one goes after the ledger.
        LATE.with(|late| {
            *late.borrow_mut() = Some(Late(begin(recorder, &SITE)));
        });
    })
    .join()
    .unwrap();
    assert!(SEEN.load(Relaxed));
    only_method(recorder, |_, method| {
        assert_eq!(method.statuses[..], [(200, 0), (499, 1), (500, 0)]);
        assert_eq!(method.inprogress, 0);
    });
}

#[test]
fn handlers_that_share_a_label_show_the_bounds_they_share() {
    static FINE: Site = Site::new("fine").handler("/x").buckets(&[0.1, 0.2, 1.0]);
    static COARSE: Site = Site::new("coarse").handler("/x").buckets(&[0.2, 0.5, 1.0]);
    let recorder = recorder(false);
    serve(recorder, &FINE, 200, 0);
    serve(recorder, &COARSE, 200, 0);
    only_method(recorder, |_, method| {
        assert_eq!(*method.durations.bounds.seconds, [0.2, 1.0]);
        assert_eq!(method.durations.counts[..], [2, 0, 0]);
    });
}

#[test]
fn a_cancelled_record_leaves_no_trace() {
    static SITE: Site = Site::new("cancelled");
    let recorder = recorder(false);
    let mut cancelled = begin(recorder, &SITE);
    cancelled.receives(|| Received::Bytes(7));
    cancelled.cancel();
    assert_eq!(recorder.recorded().handlers().count(), 0);
    // Its memory is used again.
    serve(recorder, &SITE, 200, 0);
    assert_eq!(
        only_method(recorder, |handler, _| handler.request_bytes()),
        0
    );
}

#[test]
fn a_record_somebody_took_over_leaves_no_bounds() {
    static OUTER: Site = Site::new("");
    static OWN: Site = Site::new("own").buckets(&[0.2, 0.4]);
    let recorder = recorder(false);
    begin(recorder, &OUTER).cancel();
    serve(recorder, &OWN, 200, 0);
    only_method(recorder, |_, method| {
        assert_eq!(*method.durations.bounds.seconds, [0.2, 0.4]);
    });
}

#[test]
fn every_status_is_kept() {
    let statuses = Statuses::new();
    for round in 1..=3_u64 {
        for status in 100..130_u16 {
            statuses.count(status);
        }
        let mut seen = Vec::new();
        statuses.for_each(|status, count| seen.push((status, count)));
        assert_eq!(
            seen,
            (100..130).map(|status| (status, round)).collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_request_like_the_last_takes_the_short_way() {
    static SITE: Site = Site::new("again").handler("/again");
    let config = Config::builder().resolve(|_| None).unwrap();
    let recorder = Recorder::new(config, true, |work| work());
    let again = |method| Record::again(&SITE, method, &|| None, None);
    assert!(again(Method::Get).is_none());
    serve(recorder, &SITE, 200, 1);
    again(Method::Get).expect("there was one").finish(200, 2);
    assert!(again(Method::Post).is_none());
    only_method(recorder, |handler, method| {
        assert_eq!(method.statuses[0], (200, 2));
        assert_eq!(handler.response_bytes(), 3);
        assert_eq!(method.inprogress, 0);
    });
}

#[test]
fn a_hook_sees_its_own_request_counted() {
    static SITE: Site = Site::new("hooked");
    static RECORDER: OnceLock<&Recorder> = OnceLock::new();
    static SEEN: AtomicBool = AtomicBool::new(false);
    let config = Config::builder()
        .on_request(|_| {
            only_method(RECORDER.get().unwrap(), |_, method| {
                assert_eq!(method.statuses[0], (200, 1));
                assert_eq!(method.inprogress, 0);
            });
            SEEN.store(true, Relaxed);
        })
        .resolve(|_| None)
        .unwrap();
    let recorder = RECORDER.get_or_init(|| Recorder::new(config, false, |work| work()));
    serve(recorder, &SITE, 200, 0);
    assert!(SEEN.load(Relaxed));
}
