//! Particulars of HTTP/1.1.

use actix_web::{App, HttpResponse, Responder, get, put, web};
use metrics_runtime::{CatchAll, instrument_handler};
use tests::{Server, metrics, settled};

use crate::common::Chunks;

#[instrument_handler]
#[get("/things/{id}")]
async fn read_thing(id: web::Path<u32>) -> String {
    id.to_string()
}

#[instrument_handler]
#[put("/upload")]
async fn upload(body: web::Bytes) -> impl Responder {
    body.len().to_string()
}

#[instrument_handler]
#[get("/stream")]
async fn stream() -> impl Responder {
    HttpResponse::Ok().streaming(Chunks::new(4, 1000))
}

#[instrument_handler]
async fn fallback() -> &'static str {
    "fallback"
}

#[test]
fn pipelined_requests_are_counted_each() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(read_thing)
            .service(upload)
            .service(stream)
            .wrap(CatchAll)
    });
    let mut client = server.connect();
    let mut all = Vec::new();
    for id in 0..10 {
        all.extend(tests::request("GET", &format!("/things/{id}"), &[], b""));
    }
    all.extend(tests::request("PUT", "/upload", &[], b"12345"));
    all.extend(tests::request("GET", "/stream", &[], b""));
    all.extend(tests::request("GET", "/nowhere", &[], b""));
    client.write(all);
    for _ in 0..10 {
        assert_eq!(client.reply("GET").unwrap().status, 200);
    }
    assert_eq!(client.reply("PUT").unwrap().text(), "5");
    assert_eq!(client.reply("GET").unwrap().body.len(), 4000);
    assert_eq!(client.reply("GET").unwrap().status, 404);
    let scrape = settled(metrics, 13);
    assert_eq!(scrape.requests("/things/{id}", "GET", 200), 10.0);
    assert_eq!(scrape.requests("/upload", "PUT", 200), 1.0);
    assert_eq!(scrape.requests("none", "GET", 404), 1.0);
}

#[test]
fn expect_100_continue_is_one_request() {
    let metrics = metrics();
    let server = Server::start(move || App::new().app_data(metrics).service(upload));
    let mut client = server.connect();
    client.write(
        "PUT /upload HTTP/1.1\r\nhost: test\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n",
    );
    assert!(client.head().unwrap().starts_with("HTTP/1.1 100"));
    client.write("12345");
    assert_eq!(client.reply("PUT").unwrap().text(), "5");
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/upload", "PUT", 200), 1.0);
    assert_eq!(
        scrape.of_handler("http_request_size_bytes_sum", "/upload"),
        5.0
    );
}

#[test]
fn an_unread_upload_is_counted_by_its_outcome() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .route("/ignores", web::post().to(fallback))
    });
    let mut client = server.connect();
    client.write("POST /ignores HTTP/1.1\r\nhost: test\r\ncontent-length: 1000\r\n\r\nabc");
    assert_eq!(client.reply("POST").unwrap().status, 200);
    client.reset();
    assert_eq!(settled(metrics, 1).requests("/ignores", "POST", 200), 1.0);
}
