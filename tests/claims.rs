//! One request, one record, however the services between `CatchAll` and an annotated handler call it.

use std::{
    sync::atomic::{AtomicU32, Ordering::SeqCst},
    time::Duration,
};

use actix_web::{
    App, Error, HttpRequest, HttpResponse,
    body::BoxBody,
    dev::{Service, ServiceRequest, ServiceResponse},
    get,
    http::StatusCode,
    middleware::{Next, from_fn},
    post, rt, test as web_test, web,
};
use metrics_runtime::{CatchAll, instrument_handler};
use tests::{Scrape, Server, metrics, metrics_with, settled};

use crate::common::{Gate, Refused};

#[instrument_handler]
#[get("/quick")]
async fn quick() -> &'static str {
    "quick"
}

#[instrument_handler(labels(team = "catalog"))]
#[get("/slow/{id}")]
async fn slow(id: web::Path<u32>) -> String {
    rt::time::sleep(Duration::from_millis(20)).await;
    id.to_string()
}

#[instrument_handler(keep_args)]
#[get("/kept/{id}")]
async fn kept(id: web::Path<u32>) -> String {
    rt::time::sleep(Duration::from_millis(20)).await;
    id.to_string()
}

#[instrument_handler(skip)]
#[get("/skipped")]
async fn skipped() -> &'static str {
    rt::time::sleep(Duration::from_millis(1)).await;
    "skipped"
}

#[instrument_handler]
#[get("/excluded")]
async fn excluded() -> &'static str {
    rt::time::sleep(Duration::from_millis(1)).await;
    "excluded"
}

async fn bare() -> &'static str {
    rt::time::sleep(Duration::from_millis(20)).await;
    "bare"
}

#[instrument_handler]
#[get("/gated")]
async fn gated(gate: web::Data<Gate>) -> &'static str {
    gate.pass().await;
    "gated"
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(quick)
        .service(slow)
        .service(kept)
        .service(skipped)
        .service(excluded)
        .service(gated)
        .route("/bare", web::get().to(bare));
}

fn is_recorded(path: &str) -> bool {
    !["/skipped", "/excluded"].contains(&path)
}

/// Each handler: what is asked for, and its template.
const HANDLERS: [(&str, &str); 6] = [
    ("/quick", "/quick"),
    ("/slow/1", "/slow/{id}"),
    ("/kept/1", "/kept/{id}"),
    ("/bare", "/bare"),
    ("/skipped", "/skipped"),
    ("/excluded", "/excluded"),
];

/// Asks each handler twice, with a `CatchAll` around the middleware and with another inside, and expects one record each.
macro_rules! each_is_counted_once {
    ($status:expr, $middleware:expr) => {
        for nested in [false, true] {
            let metrics = metrics_with(|config| config.excluded_handlers(["^/excluded$"]));
            let server = Server::start(move || {
                let inside = actix_web::middleware::Condition::new(nested, CatchAll);
                App::new()
                    .app_data(metrics)
                    .configure(routes)
                    .wrap(inside)
                    .wrap_fn($middleware)
                    .wrap(CatchAll)
            });
            let mut client = server.connect();
            for (path, _) in HANDLERS.iter().chain(&HANDLERS) {
                client.request("GET", path, &[], b"");
                assert_eq!(client.reply("GET").unwrap().status, $status, "{path}");
            }
            let scrape = settled(metrics, 8);
            for (path, handler) in HANDLERS {
                if is_recorded(path) {
                    let requests = scrape.requests(handler, "GET", $status);
                    assert_eq!(requests, 2.0, "{handler}, nested: {nested}");
                } else {
                    assert!(!scrape.mentions(path), "{path}, nested: {nested}");
                }
            }
            let team = r#"http_requests_total{handler="/slow/{id}",method="GET",status="200",team="catalog"}"#;
            assert_eq!(scrape.value(&team.replace("200", &$status.to_string())), 2.0);
        }
    };
}

#[test]
fn a_middleware_may_wait_before_it_calls_the_handler() {
    each_is_counted_once!(200, |req, service| {
        let response = service.call(req);
        async move {
            rt::time::sleep(Duration::from_millis(1)).await;
            response.await
        }
    });
}

#[test]
fn a_middleware_may_move_the_call_to_another_task() {
    each_is_counted_once!(202, |req, service| {
        let response = rt::spawn(service.call(req));
        async move {
            let mut response = response.await.expect("it does not panic")?;
            *response.response_mut().status_mut() = StatusCode::ACCEPTED;
            Ok(response)
        }
    });
}

#[test]
fn a_middleware_may_move_a_call_that_has_begun_to_another_task() {
    each_is_counted_once!(202, |req, service| {
        let mut response = Box::pin(service.call(req));
        async move {
            let first = rt::time::timeout(Duration::ZERO, &mut response).await;
            let mut response = match first {
                Ok(response) => response?,
                Err(_) => rt::spawn(response).await.expect("it does not panic")?,
            };
            *response.response_mut().status_mut() = StatusCode::ACCEPTED;
            Ok(response)
        }
    });
}

#[test]
fn a_handler_that_runs_on_after_the_answer_is_one_request_with_its_own_status() {
    let (metrics, gate) = (metrics(), Gate::default());
    let data = web::Data::new(gate.clone());
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .app_data(data.clone())
            .configure(routes)
            .wrap_fn(|req, service| {
                let task = rt::spawn(service.call(req));
                async move {
                    match rt::time::timeout(Duration::from_millis(5), task).await {
                        Ok(response) => response.expect("it does not panic"),
                        Err(_) => Err(Refused(503).into()),
                    }
                }
            })
            .wrap(CatchAll)
    });
    assert_eq!(server.get("/gated").status, 503);
    gate.await_entered(1);
    let gauge = r#"http_requests_inprogress{handler="/gated",method="GET"}"#;
    assert_eq!(Scrape::of(metrics).value(gauge), 1.0);
    gate.open();
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/gated", "GET", 200), 1.0);
}

#[test]
fn a_request_that_waits_shows_once_in_the_gauge_whoever_has_it() {
    let (metrics, gate, door) = (metrics(), Gate::default(), Gate::default());
    let (data, closed) = (web::Data::new(gate.clone()), door.clone());
    let server = Server::start(move || {
        let door = closed.clone();
        App::new()
            .app_data(metrics)
            .app_data(data.clone())
            .configure(routes)
            .wrap_fn(move |req, service| {
                let (door, response) = (door.clone(), service.call(req));
                rt::spawn(async move {
                    door.pass().await;
                    response.await
                });
                std::future::pending::<Result<ServiceResponse, Error>>()
            })
            .wrap(CatchAll)
    });
    let mut client = server.connect();
    client.request("GET", "/gated", &[], b"");
    let in_progress = || Scrape::of(metrics).sum("http_requests_inprogress", &["/gated"]);
    door.await_entered(1);
    assert_eq!(in_progress(), 1.0);
    door.open();
    gate.await_entered(1);
    assert_eq!(in_progress(), 1.0);
    gate.open();
    gate.await_left(1);
    client.reset();
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/gated", "GET", 499), 1.0);
}

/// Calls the services inside once more if they answer 503.
async fn retry(req: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse, Error> {
    let response = next.call(req).await?;
    if response.status() != StatusCode::SERVICE_UNAVAILABLE {
        return Ok(response);
    }
    let (req, response) = response.into_parts();
    drop(response);
    let mut req = ServiceRequest::from_request(req);
    req.match_info_mut().reset();
    next.call(req).await
}

#[instrument_handler]
#[get("/flaky/{id}")]
async fn flaky(_id: web::Path<u32>, calls: web::Data<AtomicU32>) -> Result<&'static str, Refused> {
    if calls.fetch_add(1, SeqCst).is_multiple_of(2) {
        Err(Refused(503))
    } else {
        Ok("at last")
    }
}

#[test]
fn a_retry_is_one_request_by_its_last_attempt() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .app_data(web::Data::new(AtomicU32::new(0)))
            .service(flaky)
            .wrap(from_fn(retry))
            .wrap(CatchAll)
    });
    for _ in 0..3 {
        assert_eq!(server.get("/flaky/1").text(), "at last");
    }
    let scrape = settled(metrics, 3);
    assert_eq!(scrape.requests("/flaky/{id}", "GET", 200), 3.0);
    // The handler did return its error.
    assert_eq!(scrape.exceptions("/flaky/{id}", "Refused"), 3.0);
}

/// Asks an `App` of its own.
async fn ask_inner(req: &HttpRequest) -> HttpResponse {
    let metrics = *req.app_data::<metrics_runtime::Metrics>().expect("given");
    let inner = App::new()
        .app_data(metrics)
        .configure(routes)
        .wrap(CatchAll);
    let app = web_test::init_service(inner).await;
    for path in ["/quick", "/nowhere"] {
        let request = web_test::TestRequest::get().uri(path).to_request();
        let _ = web_test::call_service(&app, request).await;
    }
    HttpResponse::Accepted().finish()
}

#[instrument_handler]
#[get("/outer")]
async fn outer(req: HttpRequest) -> HttpResponse {
    ask_inner(&req).await
}

#[instrument_handler(keep_args)]
#[get("/kept_outer")]
async fn kept_outer(req: HttpRequest) -> HttpResponse {
    ask_inner(&req).await
}

#[test]
fn an_app_inside_a_handler_counts_its_own_requests() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(outer)
            .service(kept_outer)
            .wrap(CatchAll)
    });
    for path in ["/outer", "/kept_outer"] {
        assert_eq!(server.get(path).status, 202, "{path}");
    }
    let scrape = settled(metrics, 6);
    for handler in ["/outer", "/kept_outer"] {
        assert_eq!(scrape.requests(handler, "GET", 202), 1.0, "{handler}");
    }
    assert_eq!(scrape.requests("/quick", "GET", 200), 2.0);
    assert_eq!(scrape.requests("none", "GET", 404), 2.0);
}

#[instrument_handler]
#[post("/upload")]
async fn upload(body: web::Bytes) -> String {
    body.len().to_string()
}

#[instrument_handler(keep_args)]
#[post("/kept_upload")]
async fn kept_upload(body: web::Bytes) -> String {
    body.len().to_string()
}

async fn bare_upload(body: web::Bytes) -> String {
    body.len().to_string()
}

#[test]
fn an_upload_is_measured_once_whoever_records_it() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(upload)
            .service(kept_upload)
            .route("/bare_upload", web::post().to(bare_upload))
            .wrap(CatchAll)
    });
    let long = vec![b'x'; 100_000];
    for path in ["/upload", "/kept_upload", "/bare_upload"] {
        for body in [&b"short"[..], &long] {
            let reply = server.send("POST", path, &[], body);
            assert_eq!(reply.text(), body.len().to_string(), "{path}");
        }
        let mut client = server.connect();
        client.request("POST", path, &["transfer-encoding: chunked"], b"");
        client.write("3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
        assert_eq!(client.reply("POST").unwrap().text(), "7", "{path}");
    }
    let scrape = settled(metrics, 9);
    for handler in ["/upload", "/kept_upload", "/bare_upload"] {
        let bytes = scrape.of_handler("http_request_size_bytes_sum", handler);
        assert_eq!(bytes, 100_012.0, "{handler}");
    }
}
