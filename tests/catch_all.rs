//! `CatchAll`: what no annotated handler records, once, and never a series more than the program has routes.

use actix_web::{
    App, HttpResponse, Responder,
    dev::{Service, ServiceResponse},
    error::{ErrorTooManyRequests, ErrorUnauthorized, InternalError},
    get,
    middleware::NormalizePath,
    web,
};
use metrics_runtime::{CatchAll, Metrics, Unmatched, instrument_handler};
use tests::{Scrape, Server, metrics, metrics_with, settled};

use crate::common::{Chunks, Gate, Refused};

#[instrument_handler]
#[get("/known/{id}")]
async fn known(id: web::Path<u32>) -> String {
    id.to_string()
}

#[instrument_handler(skip)]
#[get("/skipped")]
async fn skipped() -> &'static str {
    "skipped"
}

async fn bare(id: web::Path<u32>) -> String {
    id.to_string()
}

async fn bare_error() -> Result<&'static str, Refused> {
    Err(Refused(402))
}

async fn bare_stream() -> impl Responder {
    HttpResponse::Ok().streaming(Chunks::new(3, 100))
}

async fn bare_panic() -> &'static str {
    panic!("handlers do")
}

async fn bare_wait(gate: web::Data<Gate>) -> &'static str {
    gate.pass().await;
    "waited"
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(known)
        .service(skipped)
        .route("/bare/{id}", web::get().to(bare))
        .route("/bare_error", web::get().to(bare_error))
        .route("/bare_stream", web::get().to(bare_stream))
        .route("/bare_panic", web::get().to(bare_panic))
        .route("/bare_wait", web::get().to(bare_wait))
        .service(web::scope("/nested").route("/bare/{id}", web::get().to(bare)));
}

fn serve(metrics: Metrics) -> Server {
    Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(metrics.scope())
            .configure(routes)
            .wrap(CatchAll)
    })
}

#[test]
fn un_annotated_handlers_are_counted_under_their_template() {
    let metrics = metrics();
    let server = serve(metrics);
    for (path, status) in [
        ("/bare/1", 200),
        ("/bare/2", 200),
        ("/bare/x", 404),
        ("/nested/bare/1", 200),
        ("/bare_error", 402),
        ("/bare_stream", 200),
        ("/known/1", 200),
        ("/skipped", 200),
        ("/metrics", 200),
    ] {
        assert_eq!(server.get(path).status, status, "{path}");
    }
    let scrape = settled(metrics, 7);
    assert_eq!(scrape.requests("/bare/{id}", "GET", 200), 2.0);
    assert_eq!(scrape.requests("/bare/{id}", "GET", 404), 1.0);
    assert_eq!(scrape.requests("/nested/bare/{id}", "GET", 200), 1.0);
    assert_eq!(scrape.requests("/bare_error", "GET", 402), 1.0);
    assert_eq!(
        scrape.of_handler("http_response_size_bytes_sum", "/bare_stream"),
        300.0
    );
    assert_eq!(scrape.requests("/known/{id}", "GET", 200), 1.0);
    assert!(!scrape.mentions("/skipped") && !scrape.mentions("/metrics"));
}

#[test]
fn without_it_only_annotated_handlers_are_counted() {
    let metrics = metrics();
    let server = Server::start(move || App::new().app_data(metrics).configure(routes));
    for path in ["/bare/1", "/nowhere", "/known/1", "/skipped"] {
        let _ = server.get(path);
    }
    assert_eq!(settled(metrics, 1).requests("/known/{id}", "GET", 200), 1.0);
}

#[test]
fn a_panic_and_an_abort_of_un_annotated_handlers() {
    let (metrics, gate) = (metrics(), Gate::default());
    let data = web::Data::new(gate.clone());
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .app_data(data.clone())
            .configure(routes)
            .wrap(CatchAll)
    });
    let mut client = server.connect();
    client.request("GET", "/bare_panic", &[], b"");
    assert!(client.reply("GET").is_err());
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/bare_panic", "GET", 500), 1.0);
    assert_eq!(scrape.exceptions("/bare_panic", "panic"), 1.0);

    let mut client = server.connect();
    client.request("GET", "/bare_wait", &[], b"");
    gate.await_entered(1);
    let gauge = r#"http_requests_inprogress{handler="/bare_wait",method="GET"}"#;
    assert_eq!(Scrape::of(metrics).value(gauge), 1.0);
    client.reset();
    gate.await_left(1);
    let scrape = settled(metrics, 2);
    assert_eq!(scrape.requests("/bare_wait", "GET", 499), 1.0);
    assert_eq!(scrape.value(gauge), 0.0);
}

#[test]
fn wrong_methods_are_counted_under_the_template() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(web::resource("/only_get/{id}").get(known_at))
            .wrap(CatchAll)
    });
    assert_eq!(server.send("PUT", "/only_get/1", &[], b"").status, 405);
    assert_eq!(server.send("BREW", "/only_get/1", &[], b"").status, 405);
    assert_eq!(server.get("/only_get/1").status, 200);
    let scrape = settled(metrics, 3);
    assert_eq!(scrape.requests("/only_get/{id}", "PUT", 405), 1.0);
    assert_eq!(scrape.requests("/only_get/{id}", "other", 405), 1.0);
    assert_eq!(scrape.requests("/only_get/{id}", "GET", 200), 1.0);
}

#[instrument_handler]
async fn known_at(id: web::Path<u32>) -> String {
    id.to_string()
}

/// Says its status only in its response.
#[derive(Debug)]
struct Careless;

impl std::fmt::Display for Careless {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("careless")
    }
}

impl actix_web::ResponseError for Careless {
    fn error_response(&self) -> HttpResponse {
        HttpResponse::UnavailableForLegalReasons().body("careless")
    }
}

#[test]
fn errors_of_middleware_have_the_status_their_client_sees() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .configure(routes)
            // The error passes through two more middlewares.
            .wrap_fn(|req, service| {
                let error = match req.query_string() {
                    "limited" => Some(ErrorTooManyRequests("later")),
                    "login" => Some(ErrorUnauthorized("who?")),
                    "own" => Some(Refused(403).into()),
                    "careless" => Some(Careless.into()),
                    "response" => {
                        let response = HttpResponse::BadGateway().body("made here");
                        Some(InternalError::from_response("", response).into())
                    }
                    _ => None,
                };
                let response = error.is_none().then(|| service.call(req));
                async move {
                    match (error, response) {
                        (None, Some(response)) => response.await,
                        (Some(error), _) => Err(error),
                        (None, None) => unreachable!("one of the two"),
                    }
                }
            })
            .wrap_fn(|req, service| {
                let response = service.call(req);
                async move { response.await.map(ServiceResponse::map_into_boxed_body) }
            })
            .wrap(actix_web::middleware::Logger::default())
            .wrap(CatchAll)
    });
    for (path, status, body) in [
        ("/known/1?limited", 429, "later"),
        ("/bare/1?login", 401, "who?"),
        ("/nowhere?own", 403, "refused with 403"),
        ("/known/1?response", 502, "made here"),
        ("/bare/1?careless", 451, "careless"),
        ("/known/1", 200, "1"),
    ] {
        let reply = server.get(path);
        assert_eq!((reply.status, reply.text()), (status, body), "{path}");
    }
    let scrape = settled(metrics, 6);
    assert_eq!(scrape.requests("/bare/{id}", "GET", 451), 1.0);
    assert_eq!(
        scrape.of_handler("http_response_size_bytes_sum", "none"),
        16.0
    );
    assert_eq!(scrape.requests("/known/{id}", "GET", 429), 1.0);
    assert_eq!(scrape.requests("/bare/{id}", "GET", 401), 1.0);
    assert_eq!(scrape.requests("none", "GET", 403), 1.0);
    assert_eq!(scrape.requests("/known/{id}", "GET", 502), 1.0);
    assert_eq!(scrape.requests("/known/{id}", "GET", 200), 1.0);
}

#[test]
fn around_a_scope_or_a_resource_it_sees_what_is_inside() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(web::scope("/inside").wrap(CatchAll).configure(routes))
            .service(
                web::resource("/resource")
                    .wrap(CatchAll)
                    .route(web::get().to(bare_error)),
            )
            .configure(routes)
    });
    for (method, path, status) in [
        ("GET", "/inside/bare/1", 200),
        ("GET", "/inside/known/1", 200),
        ("GET", "/inside/nowhere", 404),
        ("GET", "/resource", 402),
        ("POST", "/resource", 405),
        ("GET", "/known/1", 200),
        // Outside of both: nobody counts these.
        ("GET", "/bare/1", 200),
        ("GET", "/nowhere", 404),
    ] {
        assert_eq!(server.send(method, path, &[], b"").status, status, "{path}");
    }
    let scrape = settled(metrics, 6);
    assert_eq!(scrape.requests("/inside/bare/{id}", "GET", 200), 1.0);
    assert_eq!(scrape.requests("/inside/known/{id}", "GET", 200), 1.0);
    assert_eq!(scrape.requests("none", "GET", 404), 1.0);
    assert_eq!(scrape.requests("/resource", "GET", 402), 1.0);
    assert_eq!(scrape.requests("/resource", "POST", 405), 1.0);
}

#[test]
fn nested_ones_count_once() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(web::scope("/inside").wrap(CatchAll).configure(routes))
            .configure(routes)
            .wrap(CatchAll)
            .wrap(CatchAll)
    });
    for path in [
        "/inside/bare/1",
        "/inside/known/1",
        "/inside/nowhere",
        "/inside/skipped",
        "/inside/bare_stream",
        "/bare/1",
        "/known/1",
        "/nowhere",
    ] {
        let _ = server.get(path);
    }
    let scrape = settled(metrics, 7);
    for handler in [
        "/inside/bare/{id}",
        "/inside/known/{id}",
        "/bare/{id}",
        "/known/{id}",
        "/inside/bare_stream",
    ] {
        assert_eq!(scrape.requests(handler, "GET", 200), 1.0, "{handler}");
    }
    assert_eq!(scrape.requests("none", "GET", 404), 2.0);
}

#[test]
fn a_path_rewritten_on_the_way_is_counted_as_it_was_routed() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .configure(routes)
            .wrap(NormalizePath::trim())
            .wrap(CatchAll)
    });
    assert_eq!(server.get("/bare//1/").status, 200);
    assert_eq!(server.get("/known//1/").status, 200);
    let scrape = settled(metrics, 2);
    assert_eq!(scrape.requests("/bare/{id}", "GET", 200), 1.0);
    assert_eq!(scrape.requests("/known/{id}", "GET", 200), 1.0);
    assert!(!scrape.mentions("none"), "{}", scrape.text());
}

#[test]
fn excluded_handlers_stay_excluded() {
    let metrics = metrics_with(|config| config.excluded_handlers(["known", "bare/"]));
    let server = serve(metrics);
    for path in ["/known/1", "/known/x", "/bare/1", "/bare_stream"] {
        let _ = server.get(path);
    }
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/bare_stream", "GET", 200), 1.0);
    assert!(!scrape.mentions("/known") && !scrape.mentions("/bare/"));
}

#[test]
fn ten_thousand_paths_and_five_hundred_methods_make_no_series() {
    for unmatched in [Unmatched::Group, Unmatched::Ignore] {
        let metrics = metrics_with(|config| config.unmatched(unmatched));
        let server = serve(metrics);
        for (method, path) in [
            ("GET", "/known/1"),
            ("GET", "/nowhere"),
            ("FOO", "/nowhere"),
            ("FOO", "/bare/1"),
            ("GET", "/bare/1"),
        ] {
            let _ = server.send(method, path, &[], b"");
        }
        let counted = unmatched == Unmatched::Group;
        let begun = if counted { 5 } else { 3 };
        let before = settled(metrics, begun).samples().count();

        let mut random = crate::common::Random::new(7);
        let mut client = server.connect();
        for round in 0..100 {
            let mut batch = Vec::new();
            let mut methods = Vec::new();
            for _ in 0..100 {
                // Five of a hundred invent their method too, and some of the paths are not ASCII or not canonical.
                let method = if random.below(100) < 6 {
                    format!("M{:X}", random.below(1 << 30))
                } else {
                    String::from("GET")
                };
                let path = format!("/{}%{:02x}/{:x}", round, random.below(256), random.next());
                let header = format!("x-{:x}: {:x}", random.next(), random.next());
                batch.extend(tests::request(&method, &path, &[&header], b""));
                methods.push(method);
            }
            client.write(&batch);
            for method in methods {
                assert_eq!(client.reply(&method).unwrap().status, 404);
            }
        }
        let begun = begun + if counted { 10_000 } else { 0 };
        assert_eq!(settled(metrics, begun).samples().count(), before);
    }
}
