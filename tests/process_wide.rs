//! Most programs have one set of metrics and no `CatchAll`. In such a process a request takes a shorter way, so this one
//! has nothing else, and asks each handler again and again.

#![expect(
    clippy::float_cmp,
    reason = "every value of a scrape that is compared here is a whole number"
)]
#![allow(clippy::unused_async, reason = "actix wants it, await or not")]

#[allow(dead_code, reason = "shared with tests that need more of it")]
mod common;

use std::{sync::LazyLock, time::Instant};

use actix_web::{App, HttpResponse, Responder, rt, web};
use common::{Chunks, Gate, Refused};
use metrics_runtime::{CatchAll, Config, Format, init, instrument_handler, metrics_scope, render};
use tests::{DEADLINE, Options, Scrape, Server};

const ROUNDS: u32 = 10;

static GATE: LazyLock<Gate> = LazyLock::new(Gate::default);

#[instrument_handler(handler = "/literal")]
async fn literal(body: String) -> String {
    body
}

#[instrument_handler]
async fn by_template(id: web::Path<u32>) -> String {
    id.to_string()
}

#[instrument_handler]
async fn failing() -> Result<String, Refused> {
    Err(Refused(409))
}

#[instrument_handler]
async fn panicking() -> String {
    panic!("a handler may panic")
}

#[instrument_handler]
async fn streaming() -> impl Responder {
    HttpResponse::Ok().streaming(Chunks::new(3, 10))
}

#[instrument_handler(handler = "/waiting")]
async fn waiting() -> String {
    GATE.pass().await;
    String::new()
}

#[instrument_handler]
async fn excluded() -> &'static str {
    "excluded"
}

#[instrument_handler(skip)]
async fn skipped() -> &'static str {
    "skipped"
}

#[instrument_handler(keep_args)]
async fn kept(id: web::Path<u32>) -> String {
    id.to_string()
}

fn scrape_after(requests: u32) -> Scrape {
    let begun = Instant::now();
    loop {
        let scrape = Scrape::new(render(Format::Text));
        let total = scrape.sum("http_requests_total", &[]);
        if total >= f64::from(requests) && scrape.all_at_rest() {
            assert_eq!(total, f64::from(requests), "{}", scrape.text());
            return scrape;
        }
        assert!(
            begun.elapsed() < DEADLINE,
            "{requests} requests should have been recorded and ended:\n{}",
            scrape.text()
        );
        std::thread::yield_now();
    }
}

#[test]
fn every_request_is_counted_once_where_it_belongs() {
    let config = Config::builder().excluded_handlers(["^/excluded"]);
    init(config.build().unwrap()).unwrap();
    let options = Options {
        workers: 2,
        ..Options::default()
    };
    let server = Server::start_with(options, || {
        let items = || web::resource("/items/{id}").route(web::get().to(by_template));
        App::new()
            .service(
                web::resource("/literal")
                    .route(web::get().to(literal))
                    .route(web::post().to(literal)),
            )
            .service(web::scope("/a").service(items()))
            .service(web::scope("/b").service(items()))
            .route("/failing", web::get().to(failing))
            .route("/panicking", web::get().to(panicking))
            .route("/streaming", web::get().to(streaming))
            .route("/waiting", web::get().to(waiting))
            .route("/excluded", web::get().to(excluded))
            .route("/skipped", web::get().to(skipped))
            .route("/kept/{id}", web::get().to(kept))
            .service(metrics_scope())
    });

    // One worker serves a connection, and so meets all handlers again.
    let mut client = server.connect();
    for _ in 0..ROUNDS {
        for (method, path, body, status) in [
            ("GET", "/literal", "", 200),
            ("POST", "/literal", "7 bytes", 200),
            ("GET", "/a/items/1", "", 200),
            ("GET", "/b/items/1", "", 200),
            ("GET", "/b/items/x", "", 404),
            ("GET", "/failing", "", 409),
            ("GET", "/streaming", "", 200),
            ("GET", "/excluded", "", 200),
            ("GET", "/skipped", "", 200),
            ("GET", "/kept/1", "", 200),
        ] {
            client.request(method, path, &[], body.as_bytes());
            assert_eq!(client.reply(method).unwrap().status, status, "{path}");
        }
        server.connect().request("GET", "/panicking", &[], &[]);
    }
    let scrape = scrape_after(9 * ROUNDS);
    for (handler, method, status) in [
        ("/literal", "GET", 200),
        ("/literal", "POST", 200),
        ("/a/items/{id}", "GET", 200),
        ("/b/items/{id}", "GET", 200),
        ("/b/items/{id}", "GET", 404),
        ("/failing", "GET", 409),
        ("/panicking", "GET", 500),
        ("/streaming", "GET", 200),
        ("/kept/{id}", "GET", 200),
    ] {
        let requests = scrape.requests(handler, method, status);
        assert_eq!(requests, f64::from(ROUNDS), "{handler} {method} {status}");
    }
    for (family, handler, bytes) in [
        ("http_request_size_bytes_sum", "/literal", 7),
        ("http_response_size_bytes_sum", "/literal", 7),
        ("http_response_size_bytes_sum", "/streaming", 30),
    ] {
        let sum = scrape.of_handler(family, handler);
        assert_eq!(sum, f64::from(bytes * ROUNDS), "{family} {handler}");
    }
    assert_eq!(scrape.exceptions("/panicking", "panic"), f64::from(ROUNDS));
    assert!(!scrape.mentions("excluded"));
    assert!(!scrape.mentions("skipped"));

    // Some in progress at once; then their clients leave.
    let clients: Vec<_> = (0..5)
        .map(|_| {
            let mut client = server.connect();
            client.request("GET", "/waiting", &[], &[]);
            client
        })
        .collect();
    GATE.await_entered(5);
    let waiting = r#"http_requests_inprogress{handler="/waiting",method="GET"}"#;
    assert_eq!(Scrape::new(render(Format::Text)).get(waiting), Some(5.0));
    for client in clients {
        client.reset();
    }
    GATE.await_left(5);
    let scrape = scrape_after(9 * ROUNDS + 5);
    assert_eq!(scrape.requests("/waiting", "GET", 499), 5.0);
    GATE.open();
    assert_eq!(server.get("/waiting").status, 200);
    assert_eq!(
        scrape_after(9 * ROUNDS + 6).requests("/waiting", "GET", 200),
        1.0
    );

    others_that_come_later_are_seen();
    let scrape = scrape_after(9 * ROUNDS + 9);
    assert_eq!(
        scrape.requests("/literal", "POST", 200),
        f64::from(ROUNDS + 3)
    );
}

/// A thread that has recorded process-wide meets other metrics, and a `CatchAll`.
fn others_that_come_later_are_seen() {
    macro_rules! post {
        ($app:expr) => {
            let app = $app.route("/literal", web::post().to(literal));
            let app = actix_web::test::init_service(app).await;
            let request = actix_web::test::TestRequest::post().uri("/literal");
            let response = actix_web::test::call_service(&app, request.to_request()).await;
            assert_eq!(response.status(), 200);
        };
    }
    rt::System::new().block_on(async {
        post!(App::new());
        post!(App::new());
        let own = tests::metrics();
        post!(App::new().app_data(own));
        let scrape = Scrape::of(own);
        assert_eq!(scrape.requests("/literal", "POST", 200), 1.0);
        post!(App::new().wrap(CatchAll));
    });
}
