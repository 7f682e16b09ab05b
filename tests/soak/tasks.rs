//! Tasks that end in all four ways, on the threads of a runtime, while they are scraped.

use std::{
    hint,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use metrics_runtime::{Format, instrument_task, render};
use tests::{Scrape, eventually};
use tokio::{runtime, task, time};

use crate::{common::Random, silence_meant_panics, size_and_seed};

const SPAWNERS: u64 = 4;

/// Runs begun, by what they are told to do.
static BEGUN: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];

struct Refused;

/// Polled on one thread and then another, often enough.
#[instrument_task(task = "soak")]
async fn asynchronous(end: usize, pauses: u64) -> Result<u64, Refused> {
    BEGUN[end].fetch_add(1, SeqCst);
    for _ in 0..pauses {
        task::yield_now().await;
    }
    match end {
        0 => Ok(pauses),
        1 => Err(Refused),
        2 => panic!("a task may panic"),
        _ => {
            time::sleep(Duration::from_secs(3600)).await;
            Ok(pauses)
        }
    }
}

#[instrument_task(task = "soak")]
fn synchronous(end: usize, spins: u64) -> Result<u64, Refused> {
    BEGUN[end].fetch_add(1, SeqCst);
    for _ in 0..spins {
        hint::spin_loop();
    }
    match end {
        0 => Ok(spins),
        1 => Err(Refused),
        _ => panic!("a task may panic"),
    }
}

fn run_some(runtime: &runtime::Runtime, random: &mut Random, runs: u64) {
    // A timeout needs the runtime's clock.
    let _entered = runtime.enter();
    for _ in 0..runs {
        let end = usize::try_from(random.below(4)).expect("a small number");
        let length = random.below(20);
        match random.below(4) {
            0 if end < 3 => {
                let _ = std::panic::catch_unwind(|| synchronous(end, length));
            }
            1 => {
                let future = asynchronous(end, length);
                let timeout = Duration::from_micros(length);
                runtime.spawn(time::timeout(timeout, future));
            }
            2 => {
                let handle = runtime.spawn(asynchronous(end, length));
                thread::yield_now();
                handle.abort();
            }
            _ => {
                let handle = runtime.spawn(asynchronous(end, length));
                if end == 3 {
                    handle.abort();
                }
            }
        }
    }
}

#[test]
fn every_run_of_a_task_exactly_once() {
    let (size, seed) = size_and_seed();
    silence_meant_panics();
    let done = Arc::new(AtomicBool::new(false));
    let scraper = thread::spawn({
        let done = Arc::clone(&done);
        move || {
            let mut last = 0.0;
            while !done.load(SeqCst) {
                let scrape = Scrape::new(render(Format::Text));
                let runs = scrape.sum("task_runs_total", &[]);
                assert!(runs >= last, "{runs} runs after {last}");
                assert!(scrape.sum("task_inprogress", &[]) >= 0.0);
                last = runs;
            }
        }
    });
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(3)
        .enable_time()
        .build()
        .expect("a runtime");
    thread::scope(|scope| {
        for number in 0..SPAWNERS {
            let runtime = &runtime;
            scope.spawn(move || {
                let mut random = Random::new(seed * 1000 + number);
                run_some(runtime, &mut random, size / SPAWNERS);
            });
        }
    });
    // What still waits is dropped with the runtime, on this thread.
    runtime.shutdown_timeout(Duration::from_secs(10));
    done.store(true, SeqCst);
    scraper.join().expect("the scraper");

    let begun: u64 = BEGUN.iter().map(|begun| begun.load(SeqCst)).sum();
    let scrape = eventually("every run to end", || {
        let scrape = Scrape::new(render(Format::Text));
        (scrape.value(r#"task_inprogress{task="soak"}"#) == 0.0).then_some(scrape)
    });
    let runs = ["ok", "error", "panic", "cancelled"].map(|outcome| {
        scrape.value(&format!(
            r#"task_runs_total{{task="soak",outcome="{outcome}"}}"#
        ))
    });
    println!("soak: {begun} runs begun, ended as {runs:?}");
    assert!(runs.iter().all(|runs| *runs > 0.0), "{runs:?}");
    let total: f64 = runs.iter().sum();
    assert_eq!(total, begun as f64, "{runs:?}");
    assert_eq!(
        scrape.value(r#"task_duration_seconds_count{task="soak"}"#),
        total
    );
    assert_eq!(
        scrape.value(r#"task_errors_total{task="soak",error_type="Refused"}"#),
        runs[1]
    );
}
