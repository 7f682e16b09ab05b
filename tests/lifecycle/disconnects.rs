//! Clients that leave before they have their response, and servers that stop.

use actix_web::{App, HttpResponse, Responder, get, put, web};
use metrics_runtime::{Metrics, instrument_handler};
use tests::{Options, Scrape, Server, eventually, metrics, settled};

use crate::common::Gate;

#[instrument_handler]
#[get("/wait")]
async fn wait(gate: web::Data<Gate>) -> impl Responder {
    gate.pass().await;
    "waited"
}

#[instrument_handler]
#[put("/slurp")]
async fn slurp(gate: web::Data<Gate>, mut payload: web::Payload) -> impl Responder {
    use std::{future::poll_fn, pin::Pin};

    use futures_core::Stream;

    let mut bytes = 0;
    while let Some(chunk) = poll_fn(|cx| Pin::new(&mut payload).poll_next(cx)).await {
        match chunk {
            Ok(chunk) => bytes += chunk.len(),
            Err(_) => return HttpResponse::BadRequest().body("incomplete"),
        }
        gate.pass().await;
    }
    HttpResponse::Ok().body(bytes.to_string())
}

#[instrument_handler]
#[put("/upload")]
async fn upload(body: web::Bytes) -> impl Responder {
    body.len().to_string()
}

fn serve_gated(metrics: Metrics, gate: &Gate, options: Options) -> Server {
    let gate = web::Data::new(gate.clone());
    Server::start_with(options, move || {
        App::new()
            .app_data(metrics)
            .app_data(gate.clone())
            .service(wait)
            .service(slurp)
            .service(upload)
    })
}

#[test]
fn a_reset_while_the_handler_runs_is_499() {
    let (metrics, gate) = (metrics(), Gate::default());
    let server = serve_gated(metrics, &gate, Options::default());
    let mut client = server.connect();
    client.request("GET", "/wait", &[], b"");
    gate.await_entered(1);
    client.reset();
    gate.await_left(1);
    assert_eq!(settled(metrics, 1).requests("/wait", "GET", 499), 1.0);
}

#[test]
fn a_half_closed_client_gets_its_response_where_that_is_allowed() {
    let (metrics, gate) = (metrics(), Gate::default());
    let server = serve_gated(metrics, &gate, Options::default());
    let mut client = server.connect();
    client.request("GET", "/wait", &[], b"");
    client.half_close();
    gate.await_entered(1);
    gate.open();
    assert_eq!(client.reply("GET").unwrap().text(), "waited");
    assert_eq!(settled(metrics, 1).requests("/wait", "GET", 200), 1.0);
}

#[test]
fn a_half_closed_client_is_499_where_that_is_forbidden() {
    let (metrics, gate) = (metrics(), Gate::default());
    let server = serve_gated(
        metrics,
        &gate,
        Options {
            half_closed: false,
            ..Options::default()
        },
    );
    let mut client = server.connect();
    client.request("GET", "/wait", &[], b"");
    gate.await_entered(1);
    client.half_close();
    gate.await_left(1);
    assert_eq!(settled(metrics, 1).requests("/wait", "GET", 499), 1.0);
    assert_eq!(client.rest(), b"");
}

#[test]
fn a_reset_during_extraction_of_the_upload_is_one_record() {
    let (metrics, gate) = (metrics(), Gate::default());
    let server = serve_gated(metrics, &gate, Options::default());
    let mut client = server.connect();
    client.write("PUT /upload HTTP/1.1\r\nhost: test\r\ncontent-length: 100000\r\n\r\n0123456789");
    let gauge = r#"http_requests_inprogress{handler="/upload",method="PUT"}"#;
    eventually("the upload to begin", || {
        (Scrape::of(metrics).get(gauge) == Some(1.0)).then_some(())
    });
    client.reset();
    let scrape = settled(metrics, 1);
    let (left, refused) = (
        scrape.requests("/upload", "PUT", 499),
        scrape.requests("/upload", "PUT", 400),
    );
    // actix tells the extractor, which refuses, or drops it: nobody saw either.
    assert_eq!(left + refused, 1.0, "{}", scrape.text());
    assert!(scrape.of_handler("http_request_size_bytes_sum", "/upload") <= 10.0);
}

#[test]
fn a_reset_while_the_handler_reads_the_upload_is_one_record() {
    let (metrics, gate) = (metrics(), Gate::default());
    let server = serve_gated(metrics, &gate, Options::default());
    let mut client = server.connect();
    client.write("PUT /slurp HTTP/1.1\r\nhost: test\r\ncontent-length: 100000\r\n\r\n0123456789");
    gate.await_entered(1);
    client.reset();
    let scrape = settled(metrics, 1);
    assert_eq!(
        scrape.requests("/slurp", "PUT", 499),
        1.0,
        "{}",
        scrape.text()
    );
    assert_eq!(
        scrape.of_handler("http_request_size_bytes_sum", "/slurp"),
        10.0
    );
}

#[test]
fn a_server_that_stops_at_once_leaves_no_gauge_behind() {
    let (metrics, gate) = (metrics(), Gate::default());
    let server = serve_gated(metrics, &gate, Options::default());
    let mut client = server.connect();
    client.request("GET", "/wait", &[], b"");
    gate.await_entered(1);
    server.stop();
    assert_eq!(settled(metrics, 1).requests("/wait", "GET", 499), 1.0);
}

#[test]
fn a_client_that_leaves_before_its_head_is_whole_never_began() {
    let (metrics, gate) = (metrics(), Gate::default());
    let server = serve_gated(metrics, &gate, Options::default());
    let mut client = server.connect();
    client.write("GET /wait HTTP/1.1\r\nhost:");
    client.reset();
    gate.open();
    assert_eq!(server.get("/wait").status, 200);
    assert_eq!(settled(metrics, 1).requests("/wait", "GET", 200), 1.0);
}
