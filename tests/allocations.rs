//! Heap allocations per request, above those of the same handler without the attribute.
//!
//! Without a test harness: its thread would allocate too.

#![allow(clippy::unused_async, reason = "actix wants it, await or not")]

#[allow(dead_code, reason = "shared with tests that need more of it")]
mod common;

use std::{
    alloc::System,
    future::Future,
    pin::pin,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    task::{Context, Waker},
    thread,
};

use actix_http::Request;
use actix_web::{
    App, Error, HttpRequest, HttpResponse, Responder,
    body::MessageBody,
    dev::{Service, ServiceResponse},
    middleware::Condition,
    test, web,
};
use metrics_runtime::{
    CatchAll, Metrics, exemplars::traceparent, instrument_handler, instrument_task, label_values,
    metrics,
};
use serde::{Deserialize, Serialize};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const REQUESTS: usize = 500;

#[derive(Serialize, Deserialize)]
struct Thing {
    id: u32,
}

/// The same handlers thrice: bare, with a literal label, by template.
macro_rules! handlers {
    ($module:ident $($(#[$attribute:meta])+)?) => {
        mod $module {
            use super::*;

            $($(#[$attribute])+)?
            async fn text() -> String {
                "a string of its own".to_owned()
            }

            $($(#[$attribute])+)?
            async fn json(thing: web::Json<Thing>) -> web::Json<Thing> {
                thing
            }

            $($(#[$attribute])+)?
            async fn bytes(id: web::Path<u32>) -> impl Responder {
                HttpResponse::Ok().body(vec![b'x'; *id as usize])
            }

            pub(super) fn routes(config: &mut web::ServiceConfig) {
                config
                    .route("/text", web::get().to(text))
                    .route("/json", web::post().to(json))
                    .route("/bytes/{id}", web::get().to(bytes));
            }
        }
    };
}

handlers!(bare);
handlers!(literal #[instrument_handler(handler = "/literal")]);
handlers!(template #[instrument_handler]);

const SHAPES: [&str; 3] = ["text", "json", "bytes"];

/// Requests as the server makes them from HTTP/1, with a sampled trace: a body that is announced, or none.
fn request(shape: &str) -> Request {
    let traced = |request: test::TestRequest| {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        request.insert_header(("traceparent", trace)).to_request()
    };
    let bodiless = |path: &str| {
        let request = traced(test::TestRequest::get().uri(path));
        request.replace_payload(actix_http::Payload::None).0
    };
    match shape {
        "json" => traced(
            test::TestRequest::post()
                .uri("/json")
                .insert_header(("content-length", 8))
                .set_json(Thing { id: 7 }),
        ),
        "bytes" => bodiless("/bytes/100"),
        _ => bodiless("/text"),
    }
}

async fn serve<S, B>(app: &S, request: Request)
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let response = app.call(request).await.expect("a response");
    assert_eq!(response.status().as_u16(), 200);
    let (_, response) = response.into_parts();
    let (_, body) = response.into_parts();
    let mut body = pin!(body);
    std::future::poll_fn(|cx: &mut Context<'_>| {
        while let std::task::Poll::Ready(Some(_)) = body.as_mut().poll_next(cx) {}
        std::task::Poll::Ready(())
    })
    .await;
}

type Routes = fn(&mut web::ServiceConfig);

/// Allocations of so many requests of a shape, once everything is warm.
async fn measure(metrics: Option<Metrics>, routes: Routes) -> [usize; 3] {
    let mut app = App::new().configure(routes);
    if let Some(metrics) = metrics {
        app = app.app_data(metrics);
    }
    measure_app(&test::init_service(app).await).await
}

/// The same in the setup that is recommended: with a `CatchAll` around the `App`.
async fn measure_with_catch_all(metrics: Option<Metrics>, routes: Routes) -> [usize; 3] {
    let mut app = App::new().configure(routes);
    if let Some(metrics) = metrics {
        app = app.app_data(metrics);
    }
    measure_app(&test::init_service(app.wrap(CatchAll)).await).await
}

async fn measure_app<S, B>(app: &S) -> [usize; 3]
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let mut counts = [0; 3];
    for (shape, count) in SHAPES.into_iter().zip(&mut counts) {
        for _ in 0..50 {
            serve(app, request(shape)).await;
        }
        let requests: Vec<_> = (0..REQUESTS).map(|_| request(shape)).collect();
        let region = Region::new(ALLOCATOR);
        for request in requests {
            serve(app, request).await;
        }
        let change = region.change();
        *count = change.allocations + change.reallocations;
    }
    counts
}

#[instrument_handler]
async fn upload(body: web::Bytes) -> String {
    body.len().to_string()
}

#[instrument_handler]
async fn upload_and_stream(body: web::Bytes) -> impl Responder {
    HttpResponse::Ok().streaming(common::Chunks::new(2, body.len()))
}

async fn bare_upload(body: web::Bytes) -> String {
    body.len().to_string()
}

/// Long uploads, and those whose size is not announced, are counted in memory of their own: it must be given back.
async fn nothing_stays_behind() {
    for around in [false, true] {
        let app = App::new()
            .app_data(tests::metrics())
            .route("/upload", web::post().to(upload))
            .route("/upload_and_stream", web::post().to(upload_and_stream))
            .route("/bare_upload", web::post().to(bare_upload))
            .wrap(Condition::new(around, CatchAll));
        let app = test::init_service(app).await;
        for path in ["/upload", "/upload_and_stream", "/bare_upload"] {
            let upload = || {
                let request = test::TestRequest::post()
                    .uri(path)
                    .set_payload(vec![0; 100_000]);
                serve(&app, request.to_request())
            };
            for _ in 0..50 {
                upload().await;
            }
            let region = Region::new(ALLOCATOR);
            for _ in 0..REQUESTS {
                upload().await;
            }
            let change = region.change();
            let left = change.allocations.saturating_sub(change.deallocations);
            println!(
                "{path}, with CatchAll: {around}: {left} allocations left in {REQUESTS} requests"
            );
            assert_eq!(left, 0, "{path}");
        }
    }
}

/// What a thread keeps for its next requests goes when it goes.
fn threads_leave_nothing_behind() {
    const THREADS: usize = 100;
    let visit = || {
        let visitor = thread::spawn(|| {
            actix_web::rt::System::new().block_on(async {
                let app = App::new().route("/", web::get().to(upload_and_stream));
                let app = app.wrap(CatchAll);
                let app = test::init_service(app).await;
                let request = || test::TestRequest::get().to_request();
                let at_once = [app.call(request()).await, app.call(request()).await];
                assert!(at_once.iter().all(Result::is_ok));
            });
        });
        visitor.join().expect("the visitor is answered");
    };
    for _ in 0..50 {
        visit();
    }
    let region = Region::new(ALLOCATOR);
    for _ in 0..THREADS {
        visit();
    }
    let change = region.change();
    let left = change.allocations.saturating_sub(change.deallocations);
    println!("{left} allocations left of {THREADS} threads");
    assert!(left < THREADS);
}

#[instrument_task]
fn synchronous(number: u32) -> Result<u32, Refused> {
    if number.is_multiple_of(2) {
        Ok(number)
    } else {
        Err(Refused(number))
    }
}

#[instrument_task]
async fn asynchronous<T: Copy>(value: T, fail: bool) -> Result<T, T> {
    std::future::ready(()).await;
    if fail { Err(value) } else { Ok(value) }
}

#[derive(Clone, Copy)]
struct Refused(#[allow(dead_code, reason = "as an error has something in it")] u32);

/// Whatever the outcome, and also where the type of the error is known only once it occurs.
fn tasks_allocate_nothing() {
    let run = || {
        for number in 0..4 {
            let _ = synchronous(number);
            let mut future = pin!(asynchronous(number, number == 1));
            let polled = future
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_ready());
        }
    };
    run();
    let region = Region::new(ALLOCATOR);
    for _ in 0..REQUESTS {
        run();
    }
    let change = region.change();
    println!(
        "tasks: {} allocations in {} runs",
        change.allocations,
        8 * REQUESTS
    );
    assert_eq!(change.allocations + change.reallocations, 0);
}

label_values! {
    Tenant: 3
}

/// Another value in every request.
fn tenant_of(_: &HttpRequest) -> Tenant {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    Tenant::of(["acme", "globex", "initech"][NEXT.fetch_add(1, Relaxed) % 3])
}

handlers!(labelled #[instrument_handler(handler = "/literal", label(tenant: Tenant = tenant_of))]);
handlers!(labelled_template #[instrument_handler(label(tenant: Tenant = tenant_of))]);

#[metrics]
mod shop {
    use super::Tenant;

    /// Orders placed.
    pub(super) fn orders_total(tenant: Tenant, paid: bool) -> Counter;
    /// Money taken.
    pub(super) fn revenue_euros_total() -> FloatCounter;
    /// Orders waiting.
    pub(super) fn waiting() -> Gauge;
    /// Orders being packed.
    pub(super) fn packing() -> UpDown;
    /// Time waited.
    pub(super) fn wait_seconds(paid: bool) -> Histogram;
    /// Bytes of receipts.
    pub(super) fn receipt_size_bytes() -> Summary;
    /// What runs.
    pub(super) fn build_info(version: &'static str) -> Info;
}

fn metrics_allocate_nothing() {
    let record = |number: usize| {
        let paid = number.is_multiple_of(2);
        let tenant = Tenant::of(["acme", "globex", "unheard of"][number % 3]);
        shop::orders_total(tenant, paid).inc();
        shop::revenue_euros_total().inc_by(0.5);
        shop::waiting().set(1.0);
        shop::waiting().add(-1.0);
        let _packing = shop::packing().enter();
        shop::wait_seconds(paid).observe(0.2);
        drop(shop::wait_seconds(paid).start());
        let timed = pin!(shop::wait_seconds(paid).time(std::future::ready(())));
        assert!(
            timed
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_ready()
        );
        shop::receipt_size_bytes().observe(100.0);
        shop::build_info("1").set();
    };
    record(0);
    let region = Region::new(ALLOCATOR);
    for number in 0..REQUESTS {
        record(number);
    }
    let change = region.change();
    println!(
        "metrics: {} allocations in {REQUESTS} rounds",
        change.allocations
    );
    assert_eq!(change.allocations + change.reallocations, 0);
}

fn main() {
    Tenant::set(["acme", "globex", "initech"]).expect("three names");
    actix_web::rt::System::new().block_on(async {
        compare().await;
        nothing_stays_behind().await;
    });
    threads_leave_nothing_behind();
    tasks_allocate_nothing();
    metrics_allocate_nothing();
    println!("test result: ok. 5 passed; 0 failed");
}

async fn compare() {
    // First, while no other metrics exist: the process-wide ones, which is what most programs record in.
    let bare = measure(None, bare::routes).await;
    for (what, routes) in [
        ("literal label", literal::routes as Routes),
        ("by template", template::routes),
        ("literal label and one of the request's", labelled::routes),
        (
            "by template and a label of the request's",
            labelled_template::routes,
        ),
    ] {
        assert_eq!(measure(None, routes).await, bare, "process-wide, {what}");
    }
    // In the setup that is recommended; a handler without the attribute is asked for its template by the last one's.
    for (what, routes) in [
        ("literal label", literal::routes as Routes),
        ("by template", template::routes),
        ("no attribute", bare::routes),
    ] {
        let counts = measure_with_catch_all(None, routes).await;
        println!("with CatchAll, {what}: {counts:?} allocations, bare {bare:?}");
        assert_eq!(counts, bare, "with CatchAll, {what}");
    }
    let off = tests::metrics_with(|config| config.enabled(false));
    // `app_data` costs by itself: the bare app gets some too.
    let bare = measure(Some(off), bare::routes).await;
    let excluding = tests::metrics_with(|config| config.excluded_handlers(["."]));
    let exemplars = [(); 2].map(|()| tests::metrics_with(|config| config.exemplars(traceparent)));
    for (what, metrics, routes, allowed) in [
        (
            "literal label",
            tests::metrics(),
            literal::routes as Routes,
            0,
        ),
        ("by template", tests::metrics(), template::routes, 0),
        ("exemplars, literal label", exemplars[0], literal::routes, 0),
        ("exemplars, by template", exemplars[1], template::routes, 0),
        ("disabled", off, template::routes, 0),
        ("excluded, literal label", excluding, literal::routes, 0),
        ("excluded, by template", excluding, template::routes, 0),
    ] {
        let counts = measure(Some(metrics), routes).await;
        for ((shape, count), bare) in SHAPES.into_iter().zip(counts).zip(bare) {
            let above = count.saturating_sub(bare);
            println!(
                "{what}, {shape}: {above} allocations above bare in {REQUESTS} requests ({bare} bare)"
            );
            assert!(above <= allowed * REQUESTS, "{what}, {shape}");
        }
        let counts = measure_with_catch_all(Some(metrics), routes).await;
        assert_eq!(counts, bare, "with CatchAll, {what}");
    }
    for metrics in exemplars {
        assert!(!common::exemplars(metrics).is_empty(), "none was kept");
    }
}
