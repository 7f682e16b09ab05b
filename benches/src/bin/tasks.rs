//! What `#[instrument_task]` adds to a call, beside autometrics and metrics written by hand.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::process::{Command, Stdio};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use metrics_benches::args;
use metrics_benches::harness::shuffled;
use metrics_benches::stats::Quartiles;
use prometheus::{HistogramVec, IntCounterVec, IntGaugeVec};

/// Where a process lies in memory moves its figures, so several measure in turn.
const PROCESSES: usize = 20;
/// Calls between two reads of the clock.
const CALLS: usize = 1000;

#[derive(Debug)]
struct Refused;

/// The same functions under each attribute.
macro_rules! functions {
    ($module:ident $(, #[$attribute:meta])?) => {
        mod $module {
            use super::*;

            $(#[$attribute])?
            #[inline(never)]
            pub fn call(number: u64) -> Result<u64, Refused> {
                if number == u64::MAX { Err(Refused) } else { Ok(black_box(number)) }
            }

            $(#[$attribute])?
            #[inline(never)]
            pub async fn poll(number: u64) -> Result<u64, Refused> {
                if number == u64::MAX { Err(Refused) } else { Ok(black_box(number)) }
            }
        }
    };
}

functions!(bare);
functions!(ours, #[metrics_runtime::instrument_task]);
functions!(autometered, #[autometrics::autometrics]);

/// Families as ours, of the `prometheus` crate, looked up by their labels.
mod by_hand {
    use std::sync::LazyLock;

    use super::*;

    struct Families {
        runs: IntCounterVec,
        duration: HistogramVec,
        in_progress: IntGaugeVec,
    }

    static FAMILIES: LazyLock<Families> = LazyLock::new(|| Families {
        runs: prometheus::register_int_counter_vec!("runs_total", "Runs.", &["task", "outcome"])
            .expect("a new name"),
        duration: prometheus::register_histogram_vec!("seconds", "Seconds.", &["task"])
            .expect("a new name"),
        in_progress: prometheus::register_int_gauge_vec!("in_progress", "Runs.", &["task"])
            .expect("a new name"),
    });

    pub fn call(number: u64) -> Result<u64, Refused> {
        let in_progress = FAMILIES.in_progress.with_label_values(&["by_hand"]);
        in_progress.inc();
        let start = Instant::now();
        let result = bare::call(number);
        let outcome = if result.is_ok() { "ok" } else { "error" };
        FAMILIES.runs.with_label_values(&["by_hand", outcome]).inc();
        let seconds = start.elapsed().as_secs_f64();
        FAMILIES
            .duration
            .with_label_values(&["by_hand"])
            .observe(seconds);
        in_progress.dec();
        result
    }

    pub async fn poll(number: u64) -> Result<u64, Refused> {
        call(number)
    }
}

struct Way {
    name: &'static str,
    /// Nanoseconds per call.
    call: fn() -> f64,
    /// Nanoseconds per future, made and polled once.
    poll: fn() -> f64,
}

macro_rules! way {
    ($name:literal, $module:ident) => {
        Way {
            name: $name,
            call: || nanos(|number| $module::call(number).is_ok()),
            poll: || nanos(|number| ready($module::poll(number)).is_ok()),
        }
    };
}

/// The bare functions come twice: what they show above themselves is noise.
const WAYS: [Way; 5] = [
    way!("bare", bare),
    way!("bare again", bare),
    way!("ours", ours),
    way!("hand-written, prometheus", by_hand),
    way!("autometrics", autometered),
];
const BARE: usize = 0;

/// Per call in the middle one of some batches.
fn nanos(call: impl Fn(u64) -> bool) -> f64 {
    const BATCHES: usize = 20;
    Quartiles::of((0..BATCHES).map(|_| {
        let start = Instant::now();
        for number in 0..CALLS {
            black_box(call(black_box(number as u64)));
        }
        start.elapsed().as_nanos() as f64 / CALLS as f64
    }))
    .median
}

fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("nothing here waits"),
    }
}

fn main() {
    let rounds = if args::quick() { 5 } else { 50 };
    let rounds = args::number("--rounds").unwrap_or(rounds);
    match args::number("--process") {
        Some(process) => measure(process, rounds),
        None => compare(rounds),
    }
}

/// Prints samples, a line each: way, nanoseconds per call, nanoseconds per future.
fn measure(process: usize, rounds: usize) {
    autometrics::prometheus_exporter::init();
    for round in 0..rounds {
        for way in shuffled(WAYS.len(), process * rounds + round) {
            println!("{way}\t{}\t{}", (WAYS[way].call)(), (WAYS[way].poll)());
        }
    }
    let calls = metrics_runtime::value(
        "task_runs_total",
        &[("task", "tasks::ours::call"), ("outcome", "ok")],
    );
    assert_eq!(calls, Some((rounds * 20 * CALLS) as f64));
}

fn compare(rounds: usize) {
    let program = std::env::current_exe().expect("has a path");
    // By way: per call, per future.
    let mut samples: [[Vec<f64>; 2]; WAYS.len()] = Default::default();
    for process in 0..PROCESSES {
        let output = Command::new(&program)
            .args(["--process", &process.to_string()])
            .args(["--rounds", &rounds.to_string()])
            .stderr(Stdio::inherit())
            .output()
            .expect("starts");
        assert!(output.status.success(), "{}", output.status);
        for line in String::from_utf8(output.stdout).expect("text").lines() {
            let [way, call, poll] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("no sample: {line}");
            };
            let way: usize = way.parse().expect("a number");
            samples[way][0].push(call.parse().expect("a number"));
            samples[way][1].push(poll.parse().expect("a number"));
        }
    }
    println!(
        "### Overhead per run of a task ({} rounds in {PROCESSES} processes)\n",
        samples[BARE][0].len()
    );
    println!("| | call, above bare, ns | quartiles | future, above bare, ns | quartiles |");
    println!("|---|--:|--:|--:|--:|");
    for (way, own) in WAYS.iter().zip(&samples).skip(1) {
        let mut cells = String::new();
        for (own, bare) in own.iter().zip(&samples[BARE]) {
            let above = own.iter().zip(bare).map(|(own, bare)| own - bare);
            let Quartiles { low, median, high } = Quartiles::of(above);
            cells += &format!(" {median:.1} | {low:.1} to {high:.1} |");
        }
        println!("| {} |{cells}", way.name);
    }
    println!();
}
