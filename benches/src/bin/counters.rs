//! What an increment and an observation of a business metric cost, beside the peers: with one thread, and with two on the same
//! series.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use measured::label::StaticLabelSet;
use measured::metric::histogram::Thresholds;
use measured::{FixedCardinalityLabel, LabelGroup};
use metrics_benches::args;
use metrics_benches::harness::{Gate, shuffled};
use metrics_benches::stats::Quartiles;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use metrics_runtime::LabelValue;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter as ClientCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram as ClientHistogram;
use prometheus_static_metric::make_static_metric;

/// Calls between two reads of the clock: so few that the scheduler interrupts few batches.
const CALLS: usize = 2000;
/// One more runs first and does not count.
const BATCHES: usize = 20;

const BUCKETS: [f64; 11] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
const VALUES: [f64; 8] = [0.003, 0.02, 0.2, 0.04, 0.07, 0.6, 3.0, 0.004];

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, LabelValue, FixedCardinalityLabel, EncodeLabelValue,
)]
enum Channel {
    Web,
    Mobile,
    Partner,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, LabelValue, FixedCardinalityLabel, EncodeLabelValue,
)]
enum Payment {
    Card,
    Invoice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, LabelGroup, EncodeLabelSet)]
#[label(set = OrderSet)]
struct Order {
    channel: Channel,
    payment: Payment,
}

impl Order {
    const ALL: [Self; 4] = [
        Self::new(Channel::Web, Payment::Card),
        Self::new(Channel::Mobile, Payment::Invoice),
        Self::new(Channel::Partner, Payment::Card),
        Self::new(Channel::Web, Payment::Invoice),
    ];

    const fn new(channel: Channel, payment: Payment) -> Self {
        Self { channel, payment }
    }

    /// Labels that change from call to call, so that the compiler cannot compute which series it is.
    #[inline]
    fn at(number: usize) -> Self {
        Self::ALL[number % Self::ALL.len()]
    }

    #[inline]
    fn texts(self) -> [&'static str; 2] {
        let channel = match self.channel {
            Channel::Web => "web",
            Channel::Mobile => "mobile",
            Channel::Partner => "partner",
        };
        let payment = match self.payment {
            Payment::Card => "card",
            Payment::Invoice => "invoice",
        };
        [channel, payment]
    }
}

#[inline]
fn value(number: usize) -> f64 {
    VALUES[number % VALUES.len()]
}

#[metrics_runtime::metrics]
mod ours {
    use super::{Channel, Payment};

    /// Orders placed.
    pub fn orders_total(channel: Channel, payment: Payment) -> Counter;
    /// Time to charge a card.
    #[metric(buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])]
    pub fn charge_duration_seconds(channel: Channel, payment: Payment) -> Histogram;
}

make_static_metric! {
    struct StaticOrders: IntCounter {
        "channel" => { web, mobile, partner },
        "payment" => { card, invoice },
    }
}

type ClientHistograms = Family<Order, ClientHistogram, fn() -> ClientHistogram>;

/// What the peers record to. Of each there is one, whichever thread records.
struct Peers {
    shared: AtomicU64,
    counters: IntCounterVec,
    counter: prometheus::IntCounter,
    static_counters: StaticOrders,
    histograms: HistogramVec,
    histogram: prometheus::Histogram,
    measured_counters: measured::CounterVec<OrderSet>,
    measured_histograms: measured::HistogramVec<OrderSet, 11>,
    metrics: PrometheusHandle,
    metrics_counter: metrics::Counter,
    metrics_histogram: metrics::Histogram,
    client_counters: Family<Order, ClientCounter>,
    client_counter: ClientCounter,
    client_histograms: ClientHistograms,
    client_histogram: ClientHistogram,
}

impl Peers {
    fn install() -> Self {
        let names = ["channel", "payment"];
        let labels = Order::ALL[0].texts();
        let metrics = PrometheusBuilder::new()
            .set_buckets(&BUCKETS)
            .expect("there are buckets")
            .install_recorder()
            .expect("the only recorder");
        let counters =
            IntCounterVec::new(Opts::new("orders_total", "Orders."), &names).expect("valid");
        let options = HistogramOpts::new("charge_seconds", "Seconds.").buckets(BUCKETS.to_vec());
        let histograms = HistogramVec::new(options, &names).expect("valid");
        let client_counters = Family::<Order, ClientCounter>::default();
        let client_histograms =
            ClientHistograms::new_with_constructor(|| ClientHistogram::new(BUCKETS));
        Self {
            shared: AtomicU64::new(0),
            counter: counters.with_label_values(&labels),
            static_counters: StaticOrders::from(&counters),
            counters,
            histogram: histograms.with_label_values(&labels),
            histograms,
            measured_counters: measured::CounterVec::with_label_set(order_set()),
            measured_histograms: measured::HistogramVec::with_label_set_and_metadata(
                order_set(),
                Thresholds::with_buckets(BUCKETS),
            ),
            metrics,
            metrics_counter: metrics::counter!("orders_total", "channel" => "web", "payment" => "card"),
            metrics_histogram: metrics::histogram!("charge_seconds", "channel" => "web", "payment" => "card"),
            client_counter: client_counters.get_or_create_owned(&Order::ALL[0]),
            client_counters,
            client_histogram: client_histograms.get_or_create_owned(&Order::ALL[0]),
            client_histograms,
        }
    }
}

fn order_set() -> OrderSet {
    OrderSet {
        channel: StaticLabelSet::new(),
        payment: StaticLabelSet::new(),
    }
}

struct Way {
    name: &'static str,
    labels: &'static str,
    /// Nanoseconds per call, with what to do before each batch.
    nanos: fn(&Peers, &dyn Fn()) -> f64,
}

macro_rules! ways {
    ($($name:literal, $labels:literal: |$peers:pat_param, $number:pat_param| $call:expr;)+) => {
        [$(Way {
            name: $name,
            labels: $labels,
            nanos: |$peers, before| nanos(before, |$number| { $call; }),
        }),+]
    };
}

/// An atomic of the thread's own. Everything is compared with it.
const FETCH_ADD: Way = Way {
    name: "`AtomicU64::fetch_add`, uncontended",
    labels: "none",
    nanos: |_, before| {
        let own = AtomicU64::new(0);
        nanos(before, |_| {
            black_box(&own).fetch_add(1, Relaxed);
        })
    },
};

const COUNTERS: [Way; 12] = ways! {
    "`AtomicU64::fetch_add`, one for all threads", "none": |peers, _| peers.shared.fetch_add(1, Relaxed);
    "ours", "constant": |_, _| ours::orders_total(Channel::Web, Payment::Card).inc();
    "ours", "run-time": |_, number| {
        let Order { channel, payment } = Order::at(number);
        ours::orders_total(channel, payment).inc()
    };
    "prometheus, `with_label_values`", "run-time": |peers, number| peers.counters.with_label_values(&Order::at(number).texts()).inc();
    "prometheus, handle", "kept": |peers, _| peers.counter.inc();
    "prometheus-static-metric", "constant": |peers, _| peers.static_counters.web.card.inc();
    "measured", "run-time": |peers, number| peers.measured_counters.inc(Order::at(number));
    "metrics, `counter!`", "constant": |_, _| metrics::counter!("orders_total", "channel" => "web", "payment" => "card").increment(1);
    "metrics, `counter!`", "run-time": |_, number| {
        let [channel, payment] = Order::at(number).texts();
        metrics::counter!("orders_total", "channel" => channel, "payment" => payment).increment(1)
    };
    "metrics, handle", "kept": |peers, _| peers.metrics_counter.increment(1);
    "prometheus-client, `get_or_create`", "run-time": |peers, number| peers.client_counters.get_or_create(&Order::at(number)).inc();
    "prometheus-client, handle", "kept": |peers, _| peers.client_counter.inc();
};

const HISTOGRAMS: [Way; 9] = ways! {
    "ours", "constant": |_, number| ours::charge_duration_seconds(Channel::Web, Payment::Card).observe(value(number));
    "ours", "run-time": |_, number| {
        let Order { channel, payment } = Order::at(number);
        ours::charge_duration_seconds(channel, payment).observe(value(number))
    };
    "prometheus, `with_label_values`", "run-time": |peers, number| peers.histograms.with_label_values(&Order::at(number).texts()).observe(value(number));
    "prometheus, handle", "kept": |peers, number| peers.histogram.observe(value(number));
    "measured", "run-time": |peers, number| peers.measured_histograms.observe(Order::at(number), value(number));
    "metrics, `histogram!`", "run-time": |_, number| {
        let [channel, payment] = Order::at(number).texts();
        metrics::histogram!("charge_seconds", "channel" => channel, "payment" => payment).record(value(number))
    };
    "metrics, handle", "kept": |peers, number| peers.metrics_histogram.record(value(number));
    "prometheus-client, `get_or_create`", "run-time": |peers, number| peers.client_histograms.get_or_create(&Order::at(number)).observe(value(number));
    "prometheus-client, handle", "kept": |peers, number| peers.client_histogram.observe(value(number));
};

/// Per call in the middle one of some batches.
fn nanos(before: &dyn Fn(), call: impl Fn(usize)) -> f64 {
    let batch = || {
        before();
        let start = Instant::now();
        for number in 0..CALLS {
            call(black_box(number));
        }
        start.elapsed().as_nanos() as f64 / CALLS as f64
    };
    batch();
    Quartiles::of((0..BATCHES).map(|_| batch())).median
}

/// Nanoseconds per call of one way, a sample per round.
#[derive(Clone, Default)]
struct Samples {
    alone: Vec<f64>,
    together: Vec<f64>,
}

fn main() {
    let rounds = if args::quick() { 11 } else { 101 };
    let rounds = args::number("--rounds").unwrap_or(rounds);
    let processors = core_affinity::get_core_ids().unwrap_or_default();
    let threads = processors.len().min(2);
    let peers = Peers::install();
    let ways: Vec<_> = [FETCH_ADD]
        .into_iter()
        .chain(COUNTERS)
        .chain(HISTOGRAMS)
        .collect();
    let gate = Gate::default();
    let barrier = Barrier::new(threads);
    let thread = |first: bool| {
        // Left to the scheduler, the two may take turns on one processor, where nothing contends.
        if let Some(&processor) = processors.get(usize::from(first)) {
            core_affinity::set_for_current(processor);
        }
        let mut samples = vec![Samples::default(); ways.len()];
        for round in 0..rounds {
            for i in shuffled(ways.len(), round) {
                barrier.wait();
                if first {
                    samples[i].alone.push((ways[i].nanos)(&peers, &|| ()));
                }
                barrier.wait();
                if threads == 2 {
                    samples[i]
                        .together
                        .push((ways[i].nanos)(&peers, &|| gate.pass()));
                }
            }
            if first {
                peers.metrics.run_upkeep();
            }
        }
        samples
    };
    let samples = std::thread::scope(|scope| {
        let second = (threads == 2).then(|| scope.spawn(|| thread(false)));
        let mut samples = scope.spawn(|| thread(true)).join().expect("measures");
        if let Some(second) = second {
            for (samples, second) in samples.iter_mut().zip(second.join().expect("measures")) {
                samples.together.extend(second.together);
            }
        }
        samples
    });
    check_recorded(&peers, rounds, threads);

    let (base, others) = samples.split_first().expect("there are ways");
    let (counters, histograms) = others.split_at(COUNTERS.len());
    println!("### Business metrics: increments ({rounds} rounds)\n");
    print_header();
    print_row(&FETCH_ADD, base, base);
    print_rows(&COUNTERS, counters, base);
    println!(
        "\n### Business metrics: observations in a histogram of 11 buckets ({rounds} rounds)\n"
    );
    print_header();
    print_rows(&HISTOGRAMS, histograms, base);
    println!();
}

/// Checks that what was timed was also recorded, each call of ours once.
fn check_recorded(peers: &Peers, rounds: usize, threads: usize) {
    // The first thread measures alone, then all do.
    let calls = (CALLS * (BATCHES + 1) * rounds * (1 + threads)) as u64;
    let ours = |counts: fn(Order) -> u64| {
        let series = Order::ALL.into_iter().map(counts);
        assert_eq!(series.sum::<u64>(), 2 * calls);
    };
    ours(|order| ours::orders_total(order.channel, order.payment).get());
    ours(|order| ours::charge_duration_seconds(order.channel, order.payment).count());
    assert_eq!(peers.shared.load(Relaxed), calls);
    let recorded = Order::ALL.map(|order| peers.counters.with_label_values(&order.texts()).get());
    assert_eq!(recorded.iter().sum::<u64>(), 3 * calls);
    let text = peers.metrics.render();
    assert!(
        text.contains("orders_total{") && text.contains("charge_seconds_bucket{"),
        "{text}"
    );
}

fn print_header() {
    println!(
        "| | labels | one thread, ns | of `fetch_add` | two threads, ns | two threads of one |"
    );
    println!("|---|---|--:|--:|--:|--:|");
}

fn print_rows(ways: &[Way], samples: &[Samples], base: &Samples) {
    for (way, samples) in ways.iter().zip(samples) {
        print_row(way, samples, base);
    }
}

fn print_row(way: &Way, samples: &Samples, base: &Samples) {
    let median = |samples: &[f64]| Quartiles::of(samples.iter().copied()).median;
    let alone = median(&samples.alone);
    let ratio = alone / median(&base.alone);
    let together = if samples.together.is_empty() {
        " | ".to_owned()
    } else {
        let together = median(&samples.together);
        format!("{together:.1} | {:.2}", together / alone)
    };
    println!(
        "| {} | {} | {alone:.1} | {ratio:.2} | {together} |",
        way.name, way.labels
    );
}
