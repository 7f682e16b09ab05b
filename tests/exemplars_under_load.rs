//! Exemplars while several threads record them.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
    time::{Duration, Instant},
};

use actix_web::{App, HttpResponse, Responder, get, web};
use metrics_runtime::{exemplars::traceparent, instrument_handler};
use tests::{Options, Server, metrics_with};

use crate::common::{Random, exemplars, sampled};

#[instrument_handler]
#[get("/status/{code}")]
async fn answer(code: web::Path<u16>) -> impl Responder {
    HttpResponse::build((*code).try_into().expect("a status")).finish()
}

#[test]
fn under_load_every_scrape_is_sound() {
    const THREADS: u64 = 3;
    let metrics = metrics_with(|config| {
        config
            .exemplars(traceparent)
            .latency_buckets([0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.01])
    });
    let options = Options {
        workers: 2,
        ..Options::default()
    };
    let server = Server::start_with(options, move || {
        App::new().app_data(metrics).service(answer)
    });
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let clients: Vec<_> = (1..=THREADS)
            .map(|seed| {
                let (server, done) = (&server, &done);
                scope.spawn(move || {
                    let mut random = Random::new(seed);
                    let mut client = server.connect();
                    while !done.load(SeqCst) {
                        // Each half of an id follows from the other.
                        let half = random.next() | 1;
                        let trace = sampled(&format!("{half:016x}{:016x}", !half));
                        let path =
                            ["/status/200", "/status/500"][usize::from(half.is_multiple_of(3))];
                        client.request("GET", path, &[&trace], b"");
                        client.reply("GET").expect("a response");
                    }
                })
            })
            .collect();
        let mut last = BTreeMap::<String, f64>::new();
        let begun = Instant::now();
        let mut changes = 0;
        while begun.elapsed() < Duration::from_secs(2) {
            for (series, exemplar) in exemplars(metrics) {
                check_half(&exemplar.trace);
                if let Some((_, le)) = series.split_once("le=\"") {
                    let le: f64 = le.trim_end_matches("\"}").parse().expect("a bound");
                    assert!(exemplar.value <= le, "{series} {exemplar:?}");
                }
                let before = last.insert(series.clone(), exemplar.timestamp);
                let before = before.unwrap_or_default();
                assert!(
                    exemplar.timestamp >= before,
                    "{series} {exemplar:?} {before}"
                );
                changes += u32::from(exemplar.timestamp > before);
            }
        }
        done.store(true, SeqCst);
        for client in clients {
            client.join().expect("a client that is answered");
        }
        assert!(changes > 5, "{changes}");
    });
}

fn check_half(trace: &str) {
    let [first, second] =
        [&trace[..16], &trace[16..]].map(|half| u64::from_str_radix(half, 16).expect("digits"));
    assert_eq!(first, !second, "{trace}");
}
