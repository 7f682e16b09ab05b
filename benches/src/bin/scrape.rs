//! What a scrape costs, against `gather` and `TextEncoder` on the same series.

use std::process::Command;
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
         | `prometheus` vectors, ms | GET /metrics, ms | with gzip, ms |"
    );
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
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
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| actix_web::rt::System::new().block_on(hit_all(handlers)));
        }
    });
    for (group, r) in paths(handlers) {
        let label = format!("/g{group}/r{r}/{{id}}");
        manual::FAMILIES.start(&label, "GET").finish("200", 0, 1);
    }

    let rounds = (if args::quick() { 4_000 } else { 40_000 } / handlers).clamp(7, 500);
    let mut ours = Vec::new();
    let mut gathered = Vec::new();
    let mut vectors = Vec::new();
    let mut endpoint = Vec::new();
    let mut compressed = Vec::new();
    let encoder = TextEncoder::new();
    actix_web::rt::System::new().block_on(async {
        let app = test::init_service(App::new().service(metrics_scope())).await;
        let get = async |encoding: &str| {
            let request = test::TestRequest::get()
                .uri("/metrics")
                .insert_header((ACCEPT_ENCODING, encoding))
                .to_request();
            test::call_and_read_body(&app, request).await.len()
        };
        for _ in 0..rounds {
            ours.push(millis(|| render(Format::Text).len()));
            gathered.push(millis(|| {
                encoder
                    .encode_to_string(&registry().gather())
                    .expect("encodes")
                    .len()
            }));
            vectors.push(millis(|| {
                encoder
                    .encode_to_string(&manual::FAMILIES.registry().gather())
                    .expect("encodes")
                    .len()
            }));
            let start = Instant::now();
            get("identity").await;
            endpoint.push(start.elapsed().as_secs_f64() * 1e3);
            let start = Instant::now();
            get("gzip").await;
            compressed.push(start.elapsed().as_secs_f64() * 1e3);
        }
    });

    let text = render(Format::Text);
    assert!(
        text.matches("\nhttp_requests_total{").count() >= handlers,
        "every handler has been hit:\n{text:.2000}"
    );
    let median = |samples: Vec<f64>| Quartiles::of(samples).median;
    let (ours, gathered) = (median(ours), median(gathered));
    println!(
        "| {handlers} | {threads} | {} | {ours:.3} | {gathered:.3} | {:.1} | {:.3} | {:.3} | {:.3} |",
        text.lines().count(),
        gathered / ours,
        median(vectors),
        median(endpoint),
        median(compressed),
    );
}

fn millis<T>(work: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    std::hint::black_box(work());
    start.elapsed().as_secs_f64() * 1e3
}
