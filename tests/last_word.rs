//! `CatchAll` has the last word: a request to an annotated handler is counted with the response that passes it.

use std::time::Duration;

use actix_web::{
    App, Error, HttpResponse, Responder,
    body::{BoxBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse},
    error::InternalError,
    get,
    http::StatusCode,
    middleware::{Condition, ErrorHandlerResponse, ErrorHandlers, Next, from_fn},
    rt, web,
};
use metrics_runtime::{CatchAll, instrument_handler};
use tests::{Scrape, Server, metrics, settled};

use crate::common::{CatchUnwind, Chunks, Gate, Refused};

#[instrument_handler(labels(team = "catalog"))]
#[get("/quick")]
async fn quick() -> &'static str {
    "quick"
}

#[instrument_handler]
#[get("/forever")]
async fn forever() -> &'static str {
    std::future::pending().await
}

#[instrument_handler]
#[get("/number/{id}")]
async fn number(id: web::Path<u32>) -> String {
    id.to_string()
}

#[instrument_handler]
#[get("/stream")]
async fn stream() -> impl Responder {
    HttpResponse::Ok().streaming(Chunks::new(3, 100))
}

#[instrument_handler]
#[get("/panics/{when}")]
async fn panics(when: web::Path<String>) -> &'static str {
    if *when == "later" {
        rt::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("handlers do")
}

#[instrument_handler(keep_args)]
#[get("/kept_panics")]
async fn kept_panics() -> &'static str {
    panic!("handlers do")
}

async fn bare_panics() -> &'static str {
    panic!("handlers do")
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
        .service(forever)
        .service(number)
        .service(stream)
        .service(panics)
        .service(kept_panics)
        .service(gated)
        .route("/bare_panics", web::get().to(bare_panics));
}

/// Answers 504 in place of what takes longer.
async fn timeout(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    match rt::time::timeout(Duration::from_millis(30), next.call(req)).await {
        Ok(response) => response.map(ServiceResponse::map_into_boxed_body),
        Err(_) => {
            let response = HttpResponse::GatewayTimeout().finish();
            Err(InternalError::from_response("", response).into())
        }
    }
}

#[test]
fn a_timeout_around_the_handler_counts_as_504() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .configure(routes)
            .wrap(from_fn(timeout))
            .wrap(CatchAll)
    });
    assert_eq!(server.get("/forever").status, 504);
    assert_eq!(server.get("/quick").status, 200);
    let scrape = settled(metrics, 2);
    assert_eq!(scrape.requests("/forever", "GET", 504), 1.0);
    assert_eq!(
        scrape.value(
            r#"http_requests_total{handler="/quick",method="GET",status="200",team="catalog"}"#
        ),
        1.0
    );
}

#[test]
fn a_status_that_middleware_sets_is_counted() {
    let metrics = metrics();
    let server = Server::start(move || {
        let to_503 = |response: ServiceResponse| {
            let (request, _) = response.into_parts();
            let response = HttpResponse::ServiceUnavailable().body("later");
            let response = ServiceResponse::new(request, response).map_into_left_body();
            Ok(ErrorHandlerResponse::Response(response))
        };
        App::new()
            .app_data(metrics)
            .configure(routes)
            .wrap(ErrorHandlers::new().handler(StatusCode::NOT_FOUND, to_503))
            .wrap_fn(|req, service| {
                let teapot = req.query_string() == "teapot";
                let response = service.call(req);
                async move {
                    let mut response = response.await?;
                    if teapot {
                        *response.response_mut().status_mut() = StatusCode::IM_A_TEAPOT;
                    }
                    Ok(response)
                }
            })
            .wrap(CatchAll)
    });
    for (path, status) in [
        ("/number/x", 503),
        ("/number/1", 200),
        ("/quick?teapot", 418),
        ("/stream?teapot", 418),
    ] {
        assert_eq!(server.get(path).status, status, "{path}");
    }
    let scrape = settled(metrics, 4);
    assert_eq!(scrape.requests("/number/{id}", "GET", 503), 1.0);
    assert_eq!(scrape.requests("/number/{id}", "GET", 200), 1.0);
    assert_eq!(scrape.requests("/quick", "GET", 418), 1.0);
    assert_eq!(scrape.requests("/stream", "GET", 418), 1.0);
    let size = "http_response_size_bytes_sum";
    assert_eq!(scrape.of_handler(size, "/number/{id}"), 6.0);
    assert_eq!(scrape.of_handler(size, "/stream"), 300.0);
}

#[test]
fn without_it_the_answer_of_the_handler_is_counted() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .configure(routes)
            .wrap(from_fn(timeout))
            .wrap_fn(|req, service| {
                let response = service.call(req);
                async move {
                    let mut response = response.await?;
                    *response.response_mut().status_mut() = StatusCode::IM_A_TEAPOT;
                    Ok(response)
                }
            })
    });
    assert_eq!(server.get("/forever").status, 504);
    assert_eq!(server.get("/quick").status, 418);
    let scrape = settled(metrics, 2);
    assert_eq!(scrape.requests("/forever", "GET", 499), 1.0);
    assert_eq!(scrape.requests("/quick", "GET", 200), 1.0);
}

#[test]
fn bytes_are_counted_as_they_pass() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .configure(routes)
            .wrap_fn(|req, service| {
                let query = req.query_string().to_owned();
                let response = service.call(req);
                async move {
                    response.await.map(|response| {
                        response.map_body(|_, body| match query.as_str() {
                            "short" => BoxBody::new("short"),
                            "stream" => {
                                let chunks = Chunks::new(2, 7);
                                BoxBody::new(actix_web::body::BodyStream::new(chunks))
                            }
                            _ => body.boxed(),
                        })
                    })
                }
            })
            .wrap(CatchAll)
    });
    for (path, bytes) in [
        ("/quick", 5),
        ("/quick?stream", 14),
        ("/stream?short", 5),
        ("/stream", 300),
    ] {
        assert_eq!(server.get(path).body.len(), bytes, "{path}");
    }
    let scrape = settled(metrics, 4);
    let size = "http_response_size_bytes_sum";
    assert_eq!(scrape.of_handler(size, "/quick"), 19.0);
    assert_eq!(scrape.of_handler(size, "/stream"), 305.0);
}

#[test]
fn an_error_after_the_handler_answered_is_one_request_with_its_status() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .configure(routes)
            .wrap_fn(|req, service| {
                let response = service.call(req);
                async move {
                    drop(response.await?);
                    Err(Refused(503).into()) as Result<ServiceResponse, Error>
                }
            })
            .wrap(CatchAll)
    });
    for path in ["/quick", "/stream"] {
        let reply = server.get(path);
        assert_eq!((reply.status, reply.text()), (503, "refused with 503"));
    }
    let scrape = settled(metrics, 2);
    for handler in ["/quick", "/stream"] {
        assert_eq!(scrape.requests(handler, "GET", 503), 1.0, "{handler}");
        assert_eq!(
            scrape.of_handler("http_response_size_bytes_sum", handler),
            16.0
        );
    }
}

#[test]
fn a_reset_while_the_handler_runs_is_499() {
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
    client.request("GET", "/gated", &[], b"");
    gate.await_entered(1);
    let gauge = r#"http_requests_inprogress{handler="/gated",method="GET"}"#;
    assert_eq!(Scrape::of(metrics).value(gauge), 1.0);
    client.reset();
    gate.await_left(1);
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/gated", "GET", 499), 1.0);
}

const PANICS: [(&str, &str); 4] = [
    ("/panics/now", "/panics/{when}"),
    ("/panics/later", "/panics/{when}"),
    ("/kept_panics", "/kept_panics"),
    ("/bare_panics", "/bare_panics"),
];

#[test]
fn a_panic_that_unwinds_through_it_is_500_whoever_catches_it() {
    for caught_outside in [false, true] {
        let metrics = metrics();
        let server = Server::start(move || {
            App::new()
                .app_data(metrics)
                .configure(routes)
                .wrap(CatchAll)
                .wrap(Condition::new(
                    caught_outside,
                    from_fn(async |req, next: Next<BoxBody>| {
                        let response = CatchUnwind(Box::pin(next.call(req))).await;
                        response.unwrap_or_else(|| Err(Refused(500).into()))
                    }),
                ))
        });
        for (path, _) in PANICS {
            let mut client = server.connect();
            client.request("GET", path, &[], b"");
            let status = client.reply("GET").ok().map(|reply| reply.status);
            assert_eq!(status, caught_outside.then_some(500), "{path}");
        }
        let scrape = settled(metrics, 4);
        for (_, handler) in PANICS {
            let count = if handler == "/panics/{when}" {
                2.0
            } else {
                1.0
            };
            assert_eq!(scrape.requests(handler, "GET", 500), count, "{handler}");
            assert_eq!(scrape.exceptions(handler, "panic"), count, "{handler}");
        }
    }
}

#[test]
fn a_panic_that_is_caught_inside_counts_with_the_status_it_is_answered_with() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .configure(routes)
            .wrap_fn(|req, service| {
                let response = CatchUnwind(Box::pin(service.call(req)));
                async move {
                    match response.await {
                        Some(response) => response,
                        None => Err(Refused(507).into()),
                    }
                }
            })
            .wrap(CatchAll)
    });
    for (path, _) in PANICS {
        assert_eq!(server.get(path).status, 507, "{path}");
    }
    let scrape = settled(metrics, 4);
    assert_eq!(scrape.requests("/panics/{when}", "GET", 507), 2.0);
    assert_eq!(scrape.exceptions("/panics/{when}", "panic"), 2.0);
    assert_eq!(scrape.requests("/kept_panics", "GET", 507), 1.0);
    assert_eq!(scrape.requests("/bare_panics", "GET", 507), 1.0);
}

#[test]
fn a_panic_of_middleware_is_500() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .configure(routes)
            .wrap_fn(|req, service| {
                assert_ne!(req.query_string(), "call", "middleware panics");
                let after = req.query_string() == "after";
                let response = service.call(req);
                async move {
                    let response = response.await;
                    assert!(!after, "middleware panics");
                    response
                }
            })
            .wrap(CatchAll)
    });
    for query in ["call", "after"] {
        let mut client = server.connect();
        client.request("GET", &format!("/quick?{query}"), &[], b"");
        assert!(client.reply("GET").is_err());
    }
    assert_eq!(server.get("/quick").status, 200);
    let scrape = settled(metrics, 3);
    assert_eq!(scrape.requests("/quick", "GET", 500), 2.0);
    assert_eq!(scrape.exceptions("/quick", "panic"), 2.0);
    assert_eq!(scrape.requests("/quick", "GET", 200), 1.0);
}
