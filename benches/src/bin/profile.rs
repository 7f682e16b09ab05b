//! Sends requests to one way of measuring and does nothing else, for `perf` and `callgrind`:
//! `profile --way 1 --setup 0 --batches 10000`, with ways and setups numbered as `overhead` lists them.

use metrics_benches::apps::{Peers, Setup, Shape, Way};
use metrics_benches::args;
use metrics_benches::harness::BATCH;

fn main() {
    let way = Way::ALL[args::number("--way").unwrap_or(0)];
    let setup = Setup::ALL[args::number("--setup").unwrap_or(0)];
    let batches = args::number("--batches").unwrap_or(10_000);
    let peers = Peers::install();
    actix_web::rt::System::new().block_on(async {
        let subject = peers.subject(way, setup, Shape::Text).await;
        for _ in 0..batches {
            subject.around(BATCH, || (), |()| ());
        }
    });
    eprintln!("{}: {} requests", way.name(), batches * BATCH);
}
