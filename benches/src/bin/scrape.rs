//! What a scrape costs, against `gather` and `TextEncoder` on the same series.

use std::process::Command;
use std::sync::Barrier;
use std::time::Instant;

use actix_web::http::header::ACCEPT_ENCODING;
use actix_web::{App, test, web};
use metrics_benches::args;
use metrics_benches::manual;
use metrics_benches::stats::Quartiles;
use metrics_runtime::{Format, instrument_handler, metrics_scope, registry, render};
use prometheus::TextEncoder;

#[instrument_handler]
async fn item(id: web::Path<u64>) -> String {
    id.to_string()
}

const GROUP: usize = 100;

fn paths(handlers: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..handlers).map(|i| (i / GROUP, i % GROUP))
}

fn routes(config: &mut web::ServiceConfig, handlers: usize) {
    for group in 0..handlers.div_ceil(GROUP) {
        let members = (handlers - group * GROUP).min(GROUP);
        let scope = (0..members).fold(web::scope(&format!("/g{group}")), |scope, r| {
            scope.service(web::resource(format!("/r{r}/{{id}}")).route(web::get().to(item)))
        });
        config.service(scope);
    }
}

async fn hit_all(handlers: usize) {
    let app = test::init_service(App::new().configure(|config| routes(config, handlers))).await;
    for (group, r) in paths(handlers) {
        let request = test::TestRequest::get()
            .uri(&format!("/g{group}/r{r}/1"))
            .to_request();
        assert!(
            test::call_service(&app, request)
                .await
                .status()
                .is_success()
        );
    }
}

fn main() {
    match args::number("--handlers") {
        Some(handlers) => measure(handlers, args::number("--threads").unwrap_or(1)),
        None => compare(),
    }
}

/// Every size gets a process of its own: handlers, once seen, stay.
fn compare() {
    println!("### Scrape\n");
    println!(
        "| handlers | threads | lines | ours, ms | gather + TextEncoder on the same, ms | ratio \
         | `prometheus` vectors, ms | cold: ours, ms | gather + TextEncoder, ms | ratio | vectors, ms \
         | GET /metrics, ms | with gzip, ms | after one was asked, ms | after all were, ms |"
    );
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    let program = std::env::current_exe().expect("has a path");
    for (handlers, threads) in [(10, 1), (1_000, 1), (1_000, 4), (10_000, 1)] {
        let mut child = Command::new(&program);
        child.args([
            "--handlers",
            &handlers.to_string(),
            "--threads",
            &threads.to_string(),
        ]);
        if args::quick() {
            child.arg("--quick");
        }
        assert!(child.status().expect("starts").success());
    }
    println!();
}

fn measure(handlers: usize, threads: usize) {
    let all_hit = Barrier::new(threads);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                actix_web::rt::System::new().block_on(hit_all(handlers));
                // A thread that ends leaves its cells to the next: all must have recorded first.
                all_hit.wait();
            });
        }
    });
    for (group, r) in paths(handlers) {
        let label = format!("/g{group}/r{r}/{{id}}");
        manual::FAMILIES.start(&label, "GET").finish("200", 0, 1);
    }

    let mut cache = Cache::new();
    let samples = if args::quick() { 4_000 } else { 40_000 } / handlers;
    let blocks = samples.clamp(20, 500) / BLOCK;
    let encoder = TextEncoder::new();
    let medians = |cold: bool, cache: &mut Cache| {
        let mut ours = Vec::new();
        let mut gathered = Vec::new();
        let mut vectors = Vec::new();
        for _ in 0..blocks {
            let mut before = || {
                if cold {
                    cache.fill();
                }
            };
            block(&mut ours, &mut before, || render(Format::Text).len());
            block(&mut gathered, &mut before, || encode(&encoder, registry()));
            block(&mut vectors, &mut before, || {
                encode(&encoder, manual::FAMILIES.registry())
            });
        }
        [ours, gathered, vectors].map(|samples| Quartiles::of(samples).median)
    };
    let warm = medians(false, &mut cache);
    let cold = medians(true, &mut cache);

    let mut endpoint = Vec::new();
    let mut compressed = Vec::new();
    let mut one_changed = Vec::new();
    let mut all_changed = Vec::new();
    actix_web::rt::System::new().block_on(async {
        let app = test::init_service(App::new().service(metrics_scope())).await;
        for (encoding, asked, samples) in [
            ("identity", 0, &mut endpoint),
            ("gzip", 0, &mut compressed),
            ("gzip", 1, &mut one_changed),
            ("gzip", handlers, &mut all_changed),
        ] {
            for _ in 0..blocks * BLOCK {
                hit_all(asked).await;
                let request = test::TestRequest::get()
                    .uri("/metrics")
                    .insert_header((ACCEPT_ENCODING, encoding))
                    .to_request();
                let start = Instant::now();
                std::hint::black_box(test::call_and_read_body(&app, request).await.len());
                samples.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
    });

    let text = render(Format::Text);
    assert!(
        text.matches("\nhttp_requests_total{").count() >= handlers,
        "every handler has been hit:\n{text:.2000}"
    );
    print!("| {handlers} | {threads} | {} |", text.lines().count());
    for [ours, gathered, vectors] in [warm, cold] {
        print!(
            " {ours:.3} | {gathered:.3} | {:.1} | {vectors:.3} |",
            gathered / ours
        );
    }
    for samples in [endpoint, compressed, one_changed, all_changed] {
        print!(" {:.3} |", Quartiles::of(samples).median);
    }
    println!();
}

/// Samples in a row of the same kind. Were they mixed, each would pay for memory that the one before gave back to the
/// system; for the same reason the first of a block does not count.
const BLOCK: usize = 10;

fn block(samples: &mut Vec<f64>, mut before: impl FnMut(), work: impl Fn() -> usize) {
    for sample in 0..=BLOCK {
        before();
        let start = Instant::now();
        std::hint::black_box(work());
        let millis = start.elapsed().as_secs_f64() * 1e3;
        if sample > 0 {
            samples.push(millis);
        }
    }
}

fn encode(encoder: &TextEncoder, registry: &prometheus::Registry) -> usize {
    encoder
        .encode_to_string(&registry.gather())
        .expect("encodes")
        .len()
}

/// More memory than the processor's caches hold: what a service does between two scrapes.
struct Cache(Vec<u8>);

impl Cache {
    fn new() -> Self {
        Self(vec![1; 64 << 20])
    }

    fn fill(&mut self) {
        for byte in self.0.iter_mut().step_by(64) {
            *byte = byte.wrapping_add(1);
        }
        std::hint::black_box(&self.0);
    }
}
