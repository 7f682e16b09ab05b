//! The shapes handlers have in actix's own examples: each compiles with the attribute, answers as without, and counts.

use std::{
    fmt::Display,
    marker::PhantomData,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
};

use actix_multipart::Multipart;
use actix_web::{
    App, Error, FromRequest, HttpMessage, HttpRequest, HttpResponse, Responder, Result,
    body::MessageBody,
    dev::ServiceResponse,
    get,
    http::{StatusCode, header::ContentType},
    middleware::{ErrorHandlerResponse, ErrorHandlers, from_fn},
    post, route, routes, web,
};
use futures_core::Stream;
use metrics_runtime::{CatchAll, Metrics, instrument_handler};
use serde::{Deserialize, Serialize};
use tests::{Server, metrics, settled};

use crate::common::{Chunks, Refused};

// ---- where the attribute stands ----

#[instrument_handler]
#[get("/above/{id}")]
async fn above(id: web::Path<u32>) -> String {
    id.to_string()
}

#[get("/below/{id}")]
#[instrument_handler]
async fn below(id: web::Path<u32>) -> String {
    id.to_string()
}

#[instrument_handler]
async fn routed(id: web::Path<u32>) -> String {
    id.to_string()
}

#[instrument_handler]
#[routes]
#[get("/many/{id}")]
#[post("/many/{id}")]
#[delete("/more/{id}")]
async fn many(id: web::Path<u32>) -> String {
    id.to_string()
}

#[routes]
#[get("/several/{id}")]
#[patch("/several/{id}")]
#[instrument_handler]
async fn several(id: web::Path<u32>) -> String {
    id.to_string()
}

#[instrument_handler]
#[route("/custom", method = "GET", method = "PURGE")]
async fn custom() -> &'static str {
    "custom"
}

trait Backend: 'static {
    fn name() -> &'static str;
}

struct Postgres;
struct Memory;

impl Backend for Postgres {
    fn name() -> &'static str {
        "postgres"
    }
}

impl Backend for Memory {
    fn name() -> &'static str {
        "memory"
    }
}

#[instrument_handler]
async fn generic<B: Backend>(_req: HttpRequest) -> impl Responder {
    B::name()
}

#[test]
fn the_attributes_place_and_the_way_of_mounting_make_no_difference() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(above)
            .service(below)
            .route("/routed/{id}", web::get().to(routed))
            .service(web::resource("/resource/{id}").to(routed))
            .service(many)
            .service(several)
            .service(custom)
            .route("/pg", web::get().to(generic::<Postgres>))
            .route("/mem", web::get().to(generic::<Memory>))
    });
    let cases = [
        ("GET", "/above/1", "/above/{id}"),
        ("GET", "/below/1", "/below/{id}"),
        ("GET", "/routed/1", "/routed/{id}"),
        ("PUT", "/resource/1", "/resource/{id}"),
        ("GET", "/many/1", "/many/{id}"),
        ("POST", "/many/1", "/many/{id}"),
        ("DELETE", "/more/1", "/more/{id}"),
        ("GET", "/several/1", "/several/{id}"),
        ("PATCH", "/several/1", "/several/{id}"),
        ("GET", "/custom", "/custom"),
        ("PURGE", "/custom", "/custom"),
        ("GET", "/pg", "/pg"),
        ("GET", "/mem", "/mem"),
    ];
    for (method, path, _) in cases {
        assert_eq!(server.send(method, path, &[], b"").status, 200, "{path}");
    }
    let scrape = settled(metrics, 13);
    for (method, _, handler) in cases {
        let method = if method == "PURGE" { "other" } else { method };
        assert_eq!(
            scrape.requests(handler, method, 200),
            1.0,
            "{method} {handler}"
        );
    }
}

// ---- templates, shared state, JSON error handlers ----

struct Visits {
    count: AtomicU32,
    names: Mutex<Vec<String>>,
}

#[instrument_handler]
#[get("/page/{name}")]
async fn page(state: web::Data<Visits>, path: web::Path<String>) -> Result<impl Responder, Error> {
    let name = path.into_inner();
    state.names.lock().unwrap().push(name.clone());
    let visit = state.count.fetch_add(1, SeqCst) + 1;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(format!("<p>{name}, visit {visit}</p>")))
}

#[derive(Deserialize, Serialize)]
struct Login {
    user: String,
}

#[instrument_handler]
#[post("/login")]
async fn login(
    web::Json(Login { user }): web::Json<Login>,
    mut _request: HttpRequest,
    web::Query(_): web::Query<Vec<(String, String)>>,
) -> Result<web::Json<Login>, Refused> {
    if user.is_empty() {
        return Err(Refused(401));
    }
    Ok(web::Json(Login { user }))
}

#[expect(clippy::unnecessary_wraps, reason = "actix asks for it")]
fn not_found<B>(response: ServiceResponse<B>) -> Result<ErrorHandlerResponse<B>> {
    let (request, _) = response.into_parts();
    let replaced = HttpResponse::NotFound().body("nothing here");
    Ok(ErrorHandlerResponse::Response(
        ServiceResponse::new(request, replaced).map_into_right_body(),
    ))
}

#[test]
fn templates_state_and_error_handlers() {
    let metrics = metrics();
    let visits = web::Data::new(Visits {
        count: AtomicU32::new(0),
        names: Mutex::default(),
    });
    let server = Server::start({
        let visits = visits.clone();
        move || {
            App::new()
                .app_data(metrics)
                .app_data(visits.clone())
                .wrap(ErrorHandlers::new().handler(StatusCode::NOT_FOUND, not_found))
                .wrap(CatchAll)
                .service(page)
                .service(login)
        }
    });
    assert_eq!(server.get("/page/anna").text(), "<p>anna, visit 1</p>");
    let json = ["content-type: application/json"];
    for (body, status) in [
        (r#"{"user":"a"}"#, 200),
        (r#"{"user":""}"#, 401),
        ("{", 400),
    ] {
        let reply = server.send("POST", "/login", &json, body.as_bytes());
        assert_eq!(reply.status, status);
    }
    assert_eq!(server.get("/absent").text(), "nothing here");
    assert_eq!(*visits.names.lock().unwrap(), ["anna"]);
    let scrape = settled(metrics, 5);
    assert_eq!(scrape.requests("/page/{name}", "GET", 200), 1.0);
    for status in [200, 401, 400] {
        assert_eq!(scrape.requests("/login", "POST", status), 1.0);
    }
    assert_eq!(scrape.exceptions("/login", "Refused"), 1.0);
    assert_eq!(scrape.requests("none", "GET", 404), 1.0);
}

// ---- files, multipart, server-sent events, websockets ----

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
fn files_multipart_and_events() {
    let metrics = metrics();
    let server = serve_io(metrics);
    let text = include_str!("common.rs");
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

// ---- generics and arguments ----

struct Extracted<T>(PhantomData<T>);

impl<T: 'static> FromRequest for Extracted<T> {
    type Error = Error;
    type Future = std::future::Ready<Result<Self, Error>>;

    fn from_request(_: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        std::future::ready(Ok(Self(PhantomData)))
    }
}

#[instrument_handler]
async fn bounded<T, const N: usize>(_: Extracted<T>) -> String
where
    T: Default + Display + 'static,
{
    format!("{}{N}", T::default())
}

type X = Extracted<u8>;

#[expect(clippy::too_many_arguments, reason = "actix takes twelve and more")]
#[instrument_handler]
async fn twelve(
    _: X,
    _: X,
    _: X,
    _: X,
    _: X,
    _: X,
    _: X,
    _: X,
    _: X,
    _: X,
    (_, _): (X, Option<X>),
    mut last: web::Bytes,
) -> usize2 {
    last = last.slice(..);
    usize2(last.len())
}

#[expect(
    non_camel_case_types,
    reason = "a type of the user's own, named as they like"
)]
struct usize2(usize);

impl Responder for usize2 {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, req: &HttpRequest) -> HttpResponse {
        self.0.to_string().respond_to(req).map_into_boxed_body()
    }
}

#[instrument_handler]
async fn no_arguments() -> HttpResponse {
    HttpResponse::Ok().finish()
}

async fn tag(
    req: actix_web::dev::ServiceRequest,
    next: actix_web::middleware::Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>> {
    req.extensions_mut().insert("tagged");
    next.call(req).await
}

#[instrument_handler]
async fn tagged(tag: web::ReqData<&'static str>) -> String {
    (*tag).to_owned()
}

#[test]
fn generics_arguments_and_extensions() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .route("/bounded", web::get().to(bounded::<u32, 7>))
            .route("/twelve", web::get().to(twelve))
            .route("/no_arguments", web::get().to(no_arguments))
            .route("/tagged", web::get().to(tagged).wrap(from_fn(tag)))
    });
    for (path, body) in [
        ("/bounded", "07"),
        ("/twelve", "0"),
        ("/no_arguments", ""),
        ("/tagged", "tagged"),
    ] {
        let reply = server.get(path);
        assert_eq!((reply.status, reply.text()), (200, body), "{path}");
    }
    let scrape = settled(metrics, 4);
    for path in ["/bounded", "/twelve", "/no_arguments", "/tagged"] {
        assert_eq!(scrape.requests(path, "GET", 200), 1.0, "{path}");
    }
}
