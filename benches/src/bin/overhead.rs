//! What each way of measuring adds to a request, with one thread and with two on the same handler.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use metrics_benches::apps::{Peers, Shape, Way};
use metrics_benches::args;
use metrics_benches::harness::{Subject, shuffled};
use metrics_benches::stats::Quartiles;

fn main() {
    let peers = Peers::install();
    one_thread(
        &peers,
        args::number("--rounds").unwrap_or(if args::quick() { 60 } else { 600 }),
    );
    two_threads(
        &peers,
        args::number("--pairs").unwrap_or(if args::quick() { 20 } else { 150 }),
    );
    peers.check_recorded();
}

fn in_system<T>(task: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(task)
}

/// The ways, with the bare application once more: what it shows above itself is noise.
async fn subjects(peers: &Peers) -> Vec<(&'static str, Subject)> {
    let mut subjects = Vec::new();
    for way in Way::ALL {
        subjects.push((way.name(), peers.subject(way, Shape::Text).await));
    }
    subjects.insert(
        1,
        ("bare again", peers.subject(Way::Bare, Shape::Text).await),
    );
    subjects
}

const BARE: usize = 0;

fn row_of(names: &[&str], name: &str) -> usize {
    names
        .iter()
        .position(|&other| other == name)
        .expect("a way")
}

/// Where a service lies in memory moves its figures by more than the differences sought, so the
/// services are built anew this many times.
const BUILDS: usize = 12;

fn one_thread(peers: &Peers, rounds: usize) {
    let mut names = Vec::new();
    let mut samples = Vec::new();
    in_system(async {
        for build in 0..BUILDS {
            let subjects = subjects(peers).await;
            names = subjects.iter().map(|&(name, _)| name).collect();
            samples.resize_with(subjects.len(), Vec::new);
            for round in 0..rounds.div_ceil(BUILDS) {
                for i in shuffled(subjects.len(), build * rounds + round) {
                    samples[i].push(subjects[i].1.nanos_per_request(|| ()));
                }
                peers.upkeep();
            }
        }
    });

    let overheads: Vec<_> = samples
        .iter()
        .map(|own| Quartiles::of(own.iter().zip(&samples[BARE]).map(|(own, bare)| own - bare)))
        .collect();
    let hand_written = overheads[row_of(&names, Way::HandWritten.name())].median;
    let actix_web_prom = overheads[row_of(&names, Way::ActixWebProm.name())].median;

    println!("### Overhead per request, one thread ({rounds} rounds)\n");
    println!(
        "| | request, ns | above bare, ns | quartiles, ns | of hand-written | of actix-web-prom |"
    );
    println!("|---|--:|--:|--:|--:|--:|");
    for (i, name) in names.iter().enumerate() {
        let total = Quartiles::of(samples[i].iter().copied()).median;
        if i == BARE {
            println!("| {name} | {total:.0} | | | | |");
            continue;
        }
        let Quartiles { low, median, high } = overheads[i];
        println!(
            "| {name} | {total:.0} | {median:.1} | {low:.1} to {high:.1} | {:.2} | {:.2} |",
            median / hand_written,
            median / actix_web_prom,
        );
    }
    println!(
        "\nTwo reads of `Instant` cost {:.0} ns here.\n",
        two_clock_reads()
    );
}

fn two_clock_reads() -> f64 {
    const READS: u32 = 1_000_000;
    let start = Instant::now();
    for _ in 0..READS {
        std::hint::black_box(Instant::now());
    }
    2.0 * start.elapsed().as_nanos() as f64 / f64::from(READS)
}

/// Lets two threads leave at the same time, without the wake-up of a `Barrier`.
struct Gate {
    waiting: AtomicUsize,
}

impl Gate {
    const fn new() -> Self {
        Self {
            waiting: AtomicUsize::new(0),
        }
    }

    fn pass(&self) {
        let turn = self.waiting.fetch_add(1, Ordering::AcqRel) / 2;
        while self.waiting.load(Ordering::Acquire) < 2 * (turn + 1) {
            std::hint::spin_loop();
        }
    }
}

#[derive(Default, Clone)]
struct Shared {
    alone: Vec<f64>,
    together: Vec<f64>,
}

fn two_threads(peers: &Peers, rounds: usize) {
    let gate = Gate::new();
    let barrier = Barrier::new(2);
    // Left to the scheduler, the two may take turns on one processor, where nothing contends.
    let processors = core_affinity::get_core_ids().unwrap_or_default();
    if processors.len() < 2 {
        println!("Two threads on one handler: skipped, for there is one processor.\n");
        return;
    }
    let thread = |first: bool| {
        core_affinity::set_for_current(processors[usize::from(first)]);
        let mut names = Vec::new();
        let mut samples = Vec::new();
        in_system(async {
            for build in 0..BUILDS {
                let subjects = subjects(peers).await;
                names = subjects.iter().map(|&(name, _)| name).collect();
                samples.resize(subjects.len(), Shared::default());
                for round in 0..rounds.div_ceil(BUILDS) {
                    for i in shuffled(subjects.len(), build * rounds + round) {
                        let subject = &subjects[i].1;
                        barrier.wait();
                        if first {
                            samples[i].alone.push(subject.nanos_per_request(|| ()));
                        }
                        barrier.wait();
                        samples[i]
                            .together
                            .push(subject.nanos_per_request(|| gate.pass()));
                    }
                    if first {
                        peers.upkeep();
                    }
                }
            }
        });
        (names, samples)
    };

    let ((names, first), (_, second)) = std::thread::scope(|scope| {
        let first = scope.spawn(|| thread(true));
        let second = scope.spawn(|| thread(false));
        (
            first.join().expect("measures"),
            second.join().expect("measures"),
        )
    });

    let above_bare = |own: &[f64], bare: &[f64]| {
        Quartiles::of(own.iter().zip(bare).map(|(own, bare)| own - bare)).median
    };
    println!("### Two threads on one handler ({rounds} rounds)\n");
    println!("| | above bare with one thread, ns | with two, ns | ratio |");
    println!("|---|--:|--:|--:|");
    for (i, name) in names.iter().enumerate().skip(BARE + 1) {
        let alone = above_bare(&first[i].alone, &first[BARE].alone);
        let together = (above_bare(&first[i].together, &first[BARE].together)
            + above_bare(&second[i].together, &second[BARE].together))
            / 2.0;
        let ratio = if *name == "bare again" {
            String::new()
        } else {
            format!("{:.2}", together / alone)
        };
        println!("| {name} | {alone:.1} | {together:.1} | {ratio} |");
    }
    println!();
}
