//! Files, multipart forms, server-sent events and websockets.

use actix_multipart::Multipart;
use actix_web::{App, Error, HttpRequest, HttpResponse, Responder, Result, get, post, web};
use futures_core::Stream;
use metrics_runtime::{CatchAll, Metrics, instrument_handler};
use tests::{Server, metrics, settled};

use crate::common::Chunks;

#[instrument_handler]
#[get("/file")]
async fn file() -> Result<actix_files::NamedFile> {
    Ok(actix_files::NamedFile::open(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/common.rs"
    ))?)
}

#[instrument_handler]
#[post("/multipart")]
async fn multipart(mut form: Multipart) -> Result<String, Error> {
    let mut bytes = 0;
    while let Some(field) = next(&mut form).await {
        let mut field = field?;
        while let Some(chunk) = next(&mut field).await {
            bytes += chunk?.len();
        }
    }
    Ok(bytes.to_string())
}

async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    std::future::poll_fn(|cx| std::pin::Pin::new(&mut *stream).poll_next(cx)).await
}

#[instrument_handler]
#[get("/events")]
async fn events() -> impl Responder {
    HttpResponse::Ok()
        .insert_header(("content-type", "text/event-stream"))
        .streaming(Chunks::new(3, 8))
}

#[instrument_handler]
#[get("/socket")]
async fn socket(req: HttpRequest, body: web::Payload) -> Result<HttpResponse, Error> {
    let (response, mut session, mut messages) = actix_ws::handle(&req, body)?;
    actix_web::rt::spawn(async move {
        while let Some(Ok(message)) = next(&mut messages).await {
            if let actix_ws::Message::Text(text) = message {
                session.text(text).await.unwrap();
            }
        }
    });
    Ok(response)
}

fn serve_io(metrics: Metrics) -> Server {
    Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(file)
            .service(multipart)
            .service(events)
            .service(socket)
            .service(actix_files::Files::new(
                "/static",
                env!("CARGO_MANIFEST_DIR"),
            ))
            .wrap(CatchAll)
    })
}

#[test]
fn files_multipart_forms_and_events_count_their_bytes() {
    let metrics = metrics();
    let server = serve_io(metrics);
    let text = include_str!("../common.rs");
    assert_eq!(server.get("/file").text(), text);
    assert_eq!(
        server
            .send("GET", "/file", &["range: bytes=0-8"], b"")
            .text(),
        "//! What "
    );
    let tag = server.get("/file").header("etag").unwrap().to_owned();
    let unchanged = server.send("GET", "/file", &[&format!("if-none-match: {tag}")], b"");
    assert_eq!(unchanged.status, 304);
    let form = "--b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n12345\r\n--b--\r\n";
    let kind = "content-type: multipart/form-data; boundary=b";
    let reply = server.send("POST", "/multipart", &[kind], form.as_bytes());
    assert_eq!(reply.text(), "5");
    assert_eq!(server.get("/events").body.len(), 24);
    assert_eq!(server.get("/static/common.rs").text(), text);

    let scrape = settled(metrics, 7);
    assert_eq!(scrape.requests("/file", "GET", 200), 2.0);
    assert_eq!(scrape.requests("/file", "GET", 206), 1.0);
    assert_eq!(scrape.requests("/file", "GET", 304), 1.0);
    assert_eq!(
        scrape.of_handler("http_response_size_bytes_sum", "/file"),
        2.0 * text.len() as f64 + 9.0
    );
    assert_eq!(
        scrape.of_handler("http_request_size_bytes_sum", "/multipart"),
        form.len() as f64
    );
    assert_eq!(
        scrape.of_handler("http_response_size_bytes_sum", "/events"),
        24.0
    );
}

#[test]
fn a_websocket_is_recorded_at_the_handshake_and_works_on() {
    let metrics = metrics();
    let server = serve_io(metrics);
    let mut client = server.connect();
    client.request(
        "GET",
        "/socket",
        &[
            "connection: upgrade",
            "upgrade: websocket",
            "sec-websocket-version: 13",
            "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
        ],
        b"",
    );
    assert!(client.head().unwrap().starts_with("HTTP/1.1 101"));
    assert_eq!(settled(metrics, 1).requests("/socket", "GET", 101), 1.0);
    // Masked with zeroes: "hi".
    client.write([0x81, 0x82, 0, 0, 0, 0, b'h', b'i']);
    let mut frame = [0; 4];
    std::io::Read::read_exact(&mut client.socket(), &mut frame).unwrap();
    assert_eq!(frame, [0x81, 2, b'h', b'i']);
    client.reset();
    let _ = settled(metrics, 1);
    assert_eq!(server.get("/socket").status, 400);
    assert_eq!(settled(metrics, 2).requests("/socket", "GET", 400), 1.0);
}
