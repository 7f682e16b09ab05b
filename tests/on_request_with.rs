//! Hooks that see a request at the head of its response, and again when it is finished.

use std::{
    rc::Rc,
    sync::{Arc, Mutex},
};

use actix_web::{
    App, Error, HttpMessage, HttpRequest, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    error::ErrorServiceUnavailable,
    get,
    middleware::{Next, from_fn},
    web,
};
use metrics_runtime::{CatchAll, FinishedRequest, Metrics, instrument_handler};
use tests::{Server, eventually, metrics_with};

use crate::common::{Chunks, Gate, Refused};

/// What a handler leaves in its request.
struct User(u32);

/// What is seen at the head. It stays on its thread.
struct Seen(Rc<String>);

/// What the hooks were told: `status handler: what was seen`.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn add(&self, request: &FinishedRequest, seen: Option<&Seen>) {
        let seen = seen.map_or("none", |seen| seen.0.as_str());
        let line = format!("{} {}: {seen}", request.status(), request.handler());
        self.0.lock().expect("no test panics here").push(line);
    }

    /// Waits for so many, and returns them.
    fn wait(&self, count: usize) -> Vec<String> {
        eventually("the hooks to run", || {
            let told = self.0.lock().expect("no test panics here");
            (told.len() >= count).then(|| told.clone())
        })
    }
}

fn see(req: &HttpRequest, error: Option<&Error>) -> Seen {
    let agent = req.headers().get("x-agent");
    let agent = agent.and_then(|agent| agent.to_str().ok()).unwrap_or("-");
    let user = req.extensions().get::<User>().map_or(0, |user| user.0);
    let error = error.map_or("-".to_owned(), ToString::to_string);
    Seen(Rc::new(format!("{agent} {user} {error}")))
}

fn telling() -> (Metrics, Told) {
    let told = Told::default();
    let adding = told.clone();
    let metrics = metrics_with(|config| {
        config.on_request_with(see, move |request, seen| adding.add(request, seen))
    });
    (metrics, told)
}

#[instrument_handler]
#[get("/with/user/{id}")]
async fn with_user(req: HttpRequest, id: web::Path<u32>) -> &'static str {
    req.extensions_mut().insert(User(*id));
    "user"
}

#[instrument_handler]
#[get("/with/error")]
async fn failing() -> Result<&'static str, Refused> {
    Err(Refused(409))
}

#[instrument_handler(keep_args)]
#[get("/with/kept")]
async fn kept(_: web::Query<Vec<(String, u32)>>) -> Result<&'static str, Refused> {
    Err(Refused(410))
}

#[instrument_handler]
#[get("/with/stream")]
async fn stream() -> HttpResponse {
    HttpResponse::Ok().streaming(Chunks::new(3, 10))
}

#[instrument_handler]
#[get("/with/panic")]
async fn panicking() -> &'static str {
    panic!("a handler may panic")
}

#[instrument_handler]
#[get("/with/gate")]
async fn waits(gate: web::Data<Gate>) -> &'static str {
    gate.pass().await;
    "passed"
}

#[get("/with/bare")]
async fn bare() -> Result<&'static str, Refused> {
    Err(Refused(418))
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(with_user)
        .service(failing)
        .service(kept)
        .service(stream)
        .service(panicking)
        .service(waits)
        .service(bare);
}

fn serve(metrics: Metrics, gate: Gate) -> Server {
    Server::start(move || {
        App::new()
            .app_data(metrics)
            .app_data(web::Data::new(gate.clone()))
            .configure(routes)
    })
}

fn serve_with_catch_all(metrics: Metrics, gate: Gate) -> Server {
    Server::start(move || {
        App::new()
            .app_data(metrics)
            .app_data(web::Data::new(gate.clone()))
            .configure(routes)
            .wrap(CatchAll)
    })
}

const BOTH: [fn(Metrics, Gate) -> Server; 2] = [serve, serve_with_catch_all];

#[test]
fn the_head_shows_headers_extensions_and_the_error() {
    for serve in BOTH {
        let (metrics, told) = telling();
        let server = serve(metrics, Gate::default());
        for (path, expected) in [
            ("/with/user/7", "200 /with/user/{id}: me 7 -"),
            ("/with/error", "409 /with/error: me 0 refused with 409"),
            ("/with/kept", "410 /with/kept: me 0 refused with 410"),
            ("/with/stream", "200 /with/stream: me 0 -"),
        ] {
            let before = told.wait(0).len();
            let _ = server.send("GET", path, &["x-agent: me"], b"");
            assert_eq!(told.wait(before + 1)[before..], [expected]);
        }
        // An extractor's refusal is an error too.
        assert_eq!(server.get("/with/user/x").status, 404);
        let refused = &told.wait(5)[4];
        assert!(
            refused.starts_with("404 /with/user/{id}: - 0 "),
            "{refused}"
        );
        assert!(!refused.ends_with(" -"), "{refused}");
        server.stop();
    }
}

#[test]
fn without_a_response_nothing_was_seen() {
    for serve in BOTH {
        let (metrics, told) = telling();
        let gate = Gate::default();
        let server = serve(metrics, gate.clone());
        let mut client = server.connect();
        client.write(tests::request("GET", "/with/panic", &[], b""));
        assert_eq!(told.wait(1), ["500 /with/panic: none"]);
        let mut client = server.connect();
        client.write(tests::request("GET", "/with/gate", &[], b""));
        gate.await_entered(1);
        client.reset();
        assert_eq!(told.wait(2)[1..], ["499 /with/gate: none"]);
        gate.open();
    }
}

#[test]
fn functions_that_panic_are_logged_and_lose_nothing() {
    for serve in BOTH {
        let told = [(); 3].map(|()| Told::default());
        let [first, second, third] = told.clone();
        let metrics = metrics_with(|config| {
            config
                .on_request_with(
                    |_, _| -> Seen { panic!("a hook may panic") },
                    move |request, seen| first.add(request, seen),
                )
                .on_request_with(see, move |request, seen| {
                    second.add(request, seen);
                    panic!("a hook may panic")
                })
                .on_request(move |request| third.add(request, None))
                .on_request_with(|_, _| 7_u32, |_, seen| assert_eq!(seen, Some(&7)))
        });
        let server = serve(metrics, Gate::default());
        for count in 1..3 {
            assert_eq!(server.get("/with/user/7").status, 200);
            let expected = ["none", "- 7 -", "none"];
            for (told, expected) in told.iter().zip(expected) {
                let told = told.wait(count);
                assert_eq!(told.len(), count);
                assert_eq!(
                    told[count - 1],
                    format!("200 /with/user/{{id}}: {expected}")
                );
            }
        }
        let labels = [
            ("handler", "/with/user/{id}"),
            ("method", "GET"),
            ("status", "200"),
        ];
        assert_eq!(metrics.value("http_requests_total", &labels), Some(2.0));
        server.stop();
    }
}

async fn answer_otherwise(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let response = next.call(req).await?;
    Ok(response.error_response(ErrorServiceUnavailable("down")))
}

async fn fail(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    next.call(req).await?;
    Err(ErrorServiceUnavailable("down"))
}

#[test]
fn the_head_is_the_one_that_passes_catch_all() {
    let (metrics, told) = telling();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .configure(routes)
            .wrap(from_fn(answer_otherwise))
            .wrap(CatchAll)
    });
    let _ = server.get("/with/user/7");
    assert_eq!(told.wait(1), ["503 /with/user/{id}: - 7 down"]);
    let _ = server.get("/with/bare");
    assert_eq!(told.wait(2)[1..], ["503 /with/bare: - 0 down"]);
    server.stop();

    let (metrics, told) = telling();
    let server = serve_with_catch_all(metrics, Gate::default());
    let _ = server.get("/with/bare");
    assert_eq!(told.wait(1), ["418 /with/bare: - 0 refused with 418"]);
}

#[test]
fn an_error_that_a_middleware_returns_is_no_head() {
    let (metrics, told) = telling();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .configure(routes)
            .wrap(from_fn(fail))
            .wrap(CatchAll)
    });
    assert_eq!(server.get("/with/user/7").status, 503);
    assert_eq!(told.wait(1), ["503 /with/user/{id}: none"]);
}
