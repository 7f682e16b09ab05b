//! What each way of measuring adds to a request: with one thread, in each setup, and with two threads on the same handler.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::time::Instant;

use metrics_benches::apps::{Peers, Setup, Shape, Way};
use metrics_benches::args;
use metrics_benches::harness::{Gate, Subject, shuffled};
use metrics_benches::stats::Quartiles;
use metrics_runtime::{Config, exemplars};

/// Where code, stack and heap of a process lie moves its figures by more than the differences
/// sought, so measuring is done by this many processes.
const PROCESSES: usize = 40;

const BARE: &str = "bare";
/// The bare application once more: what it shows above itself is noise.
const BARE_AGAIN: &str = "bare again";

fn main() {
    let (rounds, pairs) = if args::quick() { (80, 40) } else { (1200, 400) };
    let rounds = args::number("--rounds").unwrap_or(rounds);
    let pairs = args::number("--pairs").unwrap_or(pairs);
    let rounds_each = rounds.div_ceil(PROCESSES);
    match (args::number("--process"), args::number("--traced")) {
        (Some(process), Some(traced)) => TRACED[traced].measure(process, rounds_each),
        (Some(process), None) => measure(process, rounds_each, pairs.div_ceil(PROCESSES)),
        (None, _) => compare(rounds, pairs),
    }
}

/// Requests that carry a trace, with exemplars off or on. They are on or off for a process, so each of these has its own.
struct Traced {
    name: &'static str,
    exemplars: bool,
    sampled: bool,
}

const TRACED: [Traced; 3] = [
    Traced {
        name: "exemplars off",
        exemplars: false,
        sampled: true,
    },
    Traced {
        name: "exemplars on, every request sampled",
        exemplars: true,
        sampled: true,
    },
    // Every request is due for an exemplar, and its header is read.
    Traced {
        name: "exemplars on, no request sampled",
        exemplars: true,
        sampled: false,
    },
];

impl Traced {
    fn measure(&self, process: usize, rounds: usize) {
        let mut config = Config::builder();
        if self.exemplars {
            config = config.exemplars(exemplars::traceparent);
        }
        metrics_runtime::init(config.build().expect("valid")).expect("the first");
        let peers = Peers::install();
        let shape = Shape::Traced {
            sampled: self.sampled,
        };
        in_system(async {
            let ways = [Way::Bare, Way::OursLiteral];
            let mut subjects = Vec::new();
            for way in ways {
                subjects.push(peers.subject(way, Setup::Alone, shape).await);
            }
            for round in 0..rounds {
                for i in shuffled(subjects.len(), process * rounds + round) {
                    let nanos = subjects[i].nanos_per_request(|| ());
                    print(self.name, ways[i].name(), nanos);
                }
            }
        });
        let text = metrics_runtime::render(metrics_runtime::Format::OpenMetrics);
        let shown = text.contains(" # {trace_id=");
        assert_eq!(shown, self.exemplars && self.sampled, "{}", self.name);
    }
}

/// What a sample is of: by setup, one thread.
const fn one_thread_in(setup: Setup) -> &'static str {
    match setup {
        Setup::Alone => "one",
        Setup::MountedTwice => "twice",
        Setup::ManyRoutes => "routes",
    }
}

/// Rounds of a setup, of so many. A request among 300 routes takes forty times as long.
fn rounds_in(setup: Setup, rounds: usize) -> usize {
    match setup {
        Setup::Alone => rounds,
        Setup::MountedTwice => rounds.div_ceil(4),
        Setup::ManyRoutes => rounds.div_ceil(30),
    }
}

/// One of two threads, while the other waits.
const ALONE: &str = "alone";
const FIRST_OF_TWO: &str = "first";
const SECOND_OF_TWO: &str = "second";

/// Prints its samples, a line each: what it is of, the way, nanoseconds.
fn measure(process: usize, rounds: usize, pairs: usize) {
    let peers = Peers::install();
    for setup in Setup::ALL {
        one_thread(&peers, setup, process, rounds_in(setup, rounds));
    }
    two_threads(&peers, process, pairs);
    peers.check_recorded();
}

fn print(kind: &str, way: &str, nanos: f64) {
    println!("{kind}\t{way}\t{nanos}");
}

fn in_system<T>(task: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(task)
}

fn ways() -> Vec<(&'static str, Way)> {
    let mut ways: Vec<_> = Way::ALL.into_iter().map(|way| (way.name(), way)).collect();
    ways.insert(1, (BARE_AGAIN, Way::Bare));
    ways
}

/// In an order of the process's own: the application that is made first has the best place in memory.
async fn subjects(peers: &Peers, setup: Setup, process: usize) -> Vec<(&'static str, Subject)> {
    let ways = ways();
    let mut subjects = Vec::new();
    for i in shuffled(ways.len(), process) {
        let (name, way) = ways[i];
        subjects.push((name, peers.subject(way, setup, Shape::Text).await));
    }
    subjects
}

fn one_thread(peers: &Peers, setup: Setup, process: usize, rounds: usize) {
    in_system(async {
        let subjects = subjects(peers, setup, process).await;
        for round in 0..rounds {
            for i in shuffled(subjects.len(), process * rounds + round) {
                let (name, subject) = &subjects[i];
                print(one_thread_in(setup), name, subject.nanos_per_request(|| ()));
            }
            peers.upkeep();
        }
    });
}

fn two_threads(peers: &Peers, process: usize, rounds: usize) {
    let gate = Gate::default();
    let barrier = Barrier::new(2);
    // Left to the scheduler, the two may take turns on one processor, where nothing contends.
    let processors = core_affinity::get_core_ids().unwrap_or_default();
    if processors.len() < 2 {
        return;
    }
    let thread = |first: bool| {
        core_affinity::set_for_current(processors[usize::from(first)]);
        in_system(async {
            let subjects = subjects(peers, Setup::Alone, process).await;
            for round in 0..rounds {
                for i in shuffled(subjects.len(), process * rounds + round) {
                    let (name, subject) = &subjects[i];
                    barrier.wait();
                    if first {
                        print(ALONE, name, subject.nanos_per_request(|| ()));
                    }
                    barrier.wait();
                    let kind = if first { FIRST_OF_TWO } else { SECOND_OF_TWO };
                    print(kind, name, subject.nanos_per_request(|| gate.pass()));
                }
                if first {
                    peers.upkeep();
                }
            }
        });
    };
    std::thread::scope(|scope| {
        scope.spawn(|| thread(true));
        scope.spawn(|| thread(false));
    });
}

/// In the order they were taken, by what they are of and by way.
struct Samples(HashMap<(String, String), Vec<f64>>);

impl Samples {
    fn of(&self, kind: &str, way: &str) -> &[f64] {
        let key = (kind.to_owned(), way.to_owned());
        self.0.get(&key).map_or(&[], Vec::as_slice)
    }
}

fn compare(rounds: usize, pairs: usize) {
    let program = std::env::current_exe().expect("has a path");
    let mut samples = Samples(HashMap::new());
    let traced = (0..TRACED.len()).map(|traced| vec!["--traced".to_owned(), traced.to_string()]);
    let kinds: Vec<_> = traced.chain([Vec::new()]).collect();
    for process in 0..PROCESSES * kinds.len() {
        let kind = &kinds[process % kinds.len()];
        let process = process / kinds.len();
        let output = Command::new(&program)
            .args(["--process", &process.to_string()])
            .args(["--rounds", &rounds.to_string()])
            .args(["--pairs", &pairs.to_string()])
            .args(kind)
            .stderr(Stdio::inherit())
            .output()
            .expect("starts");
        assert!(output.status.success(), "{}", output.status);
        for line in String::from_utf8(output.stdout).expect("text").lines() {
            let [kind, way, nanos] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("no sample: {line}");
            };
            samples
                .0
                .entry((kind.to_owned(), way.to_owned()))
                .or_default()
                .push(nanos.parse().expect("a number"));
        }
    }
    for setup in Setup::ALL {
        print_one_thread(&samples, setup);
    }
    print_traced(&samples);
    println!(
        "Two reads of `Instant` cost {:.0} ns here.\n",
        two_clock_reads()
    );
    print_two_threads(&samples);
}

fn print_one_thread(samples: &Samples, setup: Setup) {
    let kind = one_thread_in(setup);
    let rounds = samples.of(kind, BARE).len();
    let above_bare = |way| {
        let own = samples.of(kind, way).iter();
        let bare = samples.of(kind, BARE);
        Quartiles::of(own.zip(bare).map(|(own, bare)| own - bare))
    };
    let bare = Quartiles::of(samples.of(kind, BARE).iter().copied()).median;
    let hand_written = above_bare(Way::HandWritten.name()).median;
    let actix_web_prom = above_bare(Way::ActixWebProm.name()).median;
    println!(
        "### Overhead per request, one thread, {} ({rounds} rounds in {PROCESSES} processes)\n",
        setup.name()
    );
    println!(
        "| | request, ns | above bare, ns | quartiles, ns | of bare | of hand-written | of actix-web-prom |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for (name, _) in ways() {
        let total = Quartiles::of(samples.of(kind, name).iter().copied()).median;
        if name == BARE {
            println!("| {name} | {total:.0} | | | | | |");
            continue;
        }
        let Quartiles { low, median, high } = above_bare(name);
        println!(
            "| {name} | {total:.0} | {median:.1} | {low:.1} to {high:.1} | {:.3} | {:.2} | {:.2} |",
            total / bare,
            median / hand_written,
            median / actix_web_prom,
        );
    }
    println!();
}

fn print_traced(samples: &Samples) {
    println!("### Exemplars, one thread, {}\n", Way::OursLiteral.name());
    println!("| requests with `traceparent` | above bare, ns | quartiles, ns |");
    println!("|---|--:|--:|");
    for Traced { name, .. } in &TRACED {
        let [own, bare] = [Way::OursLiteral, Way::Bare].map(|way| samples.of(name, way.name()));
        let above = own.iter().zip(bare).map(|(own, bare)| own - bare);
        let Quartiles { low, median, high } = Quartiles::of(above);
        println!("| {name} | {median:.1} | {low:.1} to {high:.1} |");
    }
    println!();
}

fn two_clock_reads() -> f64 {
    const READS: u32 = 1_000_000;
    let start = Instant::now();
    for _ in 0..READS {
        std::hint::black_box(Instant::now());
    }
    2.0 * start.elapsed().as_nanos() as f64 / f64::from(READS)
}

fn print_two_threads(samples: &Samples) {
    let rounds = samples.of(ALONE, BARE).len();
    if rounds == 0 {
        println!("Two threads on one handler: skipped, for there is one processor.\n");
        return;
    }
    let undisturbed = undisturbed(samples);
    println!(
        "### Two threads on one handler ({} of {rounds} rounds in {PROCESSES} processes)\n",
        undisturbed.len()
    );
    println!("| | above bare with one thread, ns | with two, ns | ratio |");
    println!("|---|--:|--:|--:|");
    for (name, _) in ways().into_iter().filter(|(name, _)| *name != BARE) {
        let above_bare = |kind| {
            let [own, bare] = [name, BARE].map(|way| samples.of(kind, way));
            Quartiles::of(undisturbed.iter().map(|&round| own[round] - bare[round])).median
        };
        let alone = above_bare(ALONE);
        let together = f64::midpoint(above_bare(FIRST_OF_TWO), above_bare(SECOND_OF_TWO));
        let ratio = if name == BARE_AGAIN {
            String::new()
        } else {
            format!("{:.2}", together / alone)
        };
        println!("| {name} | {alone:.1} | {together:.1} | {ratio} |");
    }
    println!();
}

/// The rounds in which the bare application, which shares nothing, was as fast with two threads as
/// with one. In others the host ran both processors on one core.
fn undisturbed(samples: &Samples) -> Vec<usize> {
    let [alone, first, second] =
        [ALONE, FIRST_OF_TWO, SECOND_OF_TWO].map(|kind| samples.of(kind, BARE));
    let rounds = (0..alone.len()).filter(|&round| {
        let slower = first[round].max(second[round]) / alone[round];
        slower < 1.15
    });
    let rounds: Vec<_> = rounds.collect();
    assert!(!rounds.is_empty(), "the processors are never two cores");
    rounds
}
