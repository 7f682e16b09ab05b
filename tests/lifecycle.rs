//! The life of a request: whatever becomes of it, it is counted once, as its client saw it.

use std::{
    error::Error as StdError,
    time::{Duration, Instant},
};

use actix_web::{
    App, Either, HttpMessage, HttpRequest, HttpResponse, Responder,
    body::{BoxBody, SizedStream},
    dev::Service,
    error::{ErrorImATeapot, InternalError},
    get, guard, head,
    http::StatusCode,
    post, put, rt, web,
};
use metrics_runtime::{CatchAll, Metrics, instrument_handler};
use serde::{Deserialize, Serialize};
use tests::{Options, Scrape, Server, eventually, metrics, settled};

use crate::common::{Chunks, End, Gate, Refused};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Thing {
    id: u32,
}

// ---- extraction ----

#[instrument_handler]
#[post("/things")]
async fn create_thing(thing: web::Json<Thing>) -> impl Responder {
    HttpResponse::Created().json(thing)
}

#[instrument_handler]
#[get("/things/{id}")]
async fn read_thing(id: web::Path<u32>) -> impl Responder {
    web::Json(Thing { id: *id })
}

#[instrument_handler]
#[get("/find")]
async fn find_thing(query: web::Query<Thing>) -> impl Responder {
    web::Json(query.into_inner())
}

#[instrument_handler]
#[put("/upload")]
async fn upload(body: web::Bytes) -> impl Responder {
    body.len().to_string()
}

#[instrument_handler]
async fn take_form(form: web::Form<Thing>) -> impl Responder {
    form.id.to_string()
}

#[test]
fn a_failed_extraction_is_counted_under_its_handler_with_the_clients_status() {
    let json = "content-type: application/json";
    for (method, path, header, body, status, handler) in [
        ("POST", "/things", json, "{", 400, "/things"),
        ("POST", "/things", json, &" ".repeat(100), 413, "/things"),
        ("POST", "/things", "x: y", "{\"id\":1}", 400, "/things"),
        ("POST", "/things", json, "{\"id\":\"x\"}", 400, "/things"),
        ("POST", "/form", json, "id=1", 415, "/form"),
        ("GET", "/things/x", "x: y", "", 404, "/things/{id}"),
        ("GET", "/find?id=x", "x: y", "", 400, "/find"),
        ("PUT", "/upload", "x: y", &"x".repeat(100), 413, "/upload"),
    ] {
        let metrics = metrics();
        let server = Server::start(move || {
            App::new()
                .app_data(metrics)
                .app_data(web::JsonConfig::default().limit(50))
                .app_data(web::PayloadConfig::new(50))
                .service(create_thing)
                .service(read_thing)
                .service(find_thing)
                .service(upload)
                .route("/form", web::post().to(take_form))
                .wrap(CatchAll)
        });
        let reply = server.send(method, path, &[header], body.as_bytes());
        assert_eq!(reply.status, status, "{method} {path}");
        let scrape = settled(metrics, 1);
        assert_eq!(scrape.requests(handler, method, status), 1.0);
        assert_eq!(
            scrape.of_handler("http_response_size_bytes_sum", handler),
            reply.body.len() as f64
        );
        assert_eq!(scrape.sum("http_exceptions_total", &[]), 0.0);
    }
}

#[test]
fn a_failed_extraction_answers_as_the_error_handler_says() {
    let metrics = metrics();
    let server = Server::start(move || {
        let custom = web::JsonConfig::default().error_handler(|error, _| {
            InternalError::from_response(error, HttpResponse::UnprocessableEntity().body("no"))
                .into()
        });
        App::new()
            .app_data(metrics)
            .app_data(custom)
            .service(create_thing)
    });
    let reply = server.send("POST", "/things", &["content-type: application/json"], b"{");
    assert_eq!((reply.status, reply.text()), (422, "no"));
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/things", "POST", 422), 1.0);
    assert_eq!(
        scrape.of_handler("http_response_size_bytes_sum", "/things"),
        2.0
    );
}

// ---- what handlers return ----

#[instrument_handler]
async fn typed_error() -> Result<&'static str, Refused> {
    Err(Refused(409))
}

#[instrument_handler]
async fn any_error() -> actix_web::Result<&'static str> {
    Err(ErrorImATeapot("short and stout"))
}

#[instrument_handler]
async fn boxed_error() -> Result<&'static str, Box<dyn StdError>> {
    Err("anything".into())
}

#[instrument_handler]
async fn result_of_impl() -> Result<impl Responder, Refused> {
    Ok::<_, Refused>(HttpResponse::Accepted().body("later"))
}

#[instrument_handler]
async fn absent() -> Option<&'static str> {
    None
}

#[instrument_handler]
async fn either() -> Either<&'static str, (String, StatusCode)> {
    Either::Right((String::from("made"), StatusCode::CREATED))
}

#[instrument_handler]
async fn tuple() -> (&'static str, StatusCode) {
    (
        "non-authoritative",
        StatusCode::NON_AUTHORITATIVE_INFORMATION,
    )
}

#[instrument_handler]
async fn json() -> web::Json<Thing> {
    web::Json(Thing { id: 7 })
}

struct Own;

impl Responder for Own {
    type Body = BoxBody;

    fn respond_to(self, req: &HttpRequest) -> HttpResponse {
        HttpResponse::Gone().body(req.path().to_owned())
    }
}

#[instrument_handler]
async fn own() -> Own {
    Own
}

#[instrument_handler]
async fn redirect() -> web::Redirect {
    web::Redirect::to("/json")
}

#[instrument_handler]
async fn custom_head() -> impl Responder {
    "".customize().with_status(StatusCode::RESET_CONTENT)
}

#[instrument_handler]
async fn error_in_a_response() -> HttpResponse {
    HttpResponse::from_error(Refused(503))
}

#[test]
fn whatever_a_handler_returns_counts_as_what_the_client_got() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .route("/typed_error", web::get().to(typed_error))
            .route("/any_error", web::get().to(any_error))
            .route("/boxed_error", web::get().to(boxed_error))
            .route("/result_of_impl", web::get().to(result_of_impl))
            .route("/absent", web::get().to(absent))
            .route("/either", web::get().to(either))
            .route("/tuple", web::get().to(tuple))
            .route("/json", web::get().to(json))
            .route("/own", web::get().to(own))
            .route("/redirect", web::get().to(redirect))
            .route("/custom_head", web::get().to(custom_head))
            .route("/error_in_a_response", web::get().to(error_in_a_response))
    });
    let expected = [
        ("/typed_error", 409, Some("Refused")),
        ("/any_error", 418, Some("Error")),
        ("/boxed_error", 500, Some("Box<dyn Error>")),
        ("/result_of_impl", 202, None),
        ("/absent", 404, None),
        ("/either", 201, None),
        ("/tuple", 203, None),
        ("/json", 200, None),
        ("/own", 410, None),
        ("/redirect", 307, None),
        ("/custom_head", 205, None),
        ("/error_in_a_response", 503, None),
    ];
    let mut bodies = Vec::new();
    for (path, status, _) in expected {
        let reply = server.get(path);
        assert_eq!(reply.status, status, "{path}");
        bodies.push(reply.body.len() as f64);
    }
    let scrape = settled(metrics, 12);
    for ((path, status, exception), bytes) in expected.into_iter().zip(bodies) {
        assert_eq!(scrape.requests(path, "GET", status), 1.0, "{path}");
        assert_eq!(
            scrape.of_handler("http_response_size_bytes_sum", path),
            bytes
        );
        let errors = scrape.of_handler("http_exceptions_total", path);
        assert_eq!(errors, f64::from(u8::from(exception.is_some())), "{path}");
        if let Some(exception) = exception {
            assert_eq!(scrape.exceptions(path, exception), 1.0);
        }
    }
}

#[test]
fn loggers_still_find_the_error_in_the_response() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .wrap_fn(|req, service| {
                let response = service.call(req);
                async move {
                    let response = response.await?;
                    let error = response.response().error().map(ToString::to_string);
                    assert_eq!(error.as_deref(), Some("refused with 409"));
                    Ok(response)
                }
            })
            .route("/typed_error", web::get().to(typed_error))
    });
    assert_eq!(server.get("/typed_error").status, 409);
    assert_eq!(
        settled(metrics, 1).requests("/typed_error", "GET", 409),
        1.0
    );
}

// ---- bodies ----

#[instrument_handler]
#[get("/stream/{end}")]
async fn stream(end: web::Path<String>) -> impl Responder {
    let end = match end.as_str() {
        "fails" => End::Failure,
        "panics" => End::Panic,
        "hangs" => End::Never,
        _ => End::Regular,
    };
    HttpResponse::Ok().streaming(Chunks::new(4, 1000).then(end))
}

#[instrument_handler]
#[get("/sized")]
async fn sized() -> impl Responder {
    HttpResponse::Ok().body(SizedStream::new(4000, Chunks::new(4, 1000)))
}

fn serve_streams(metrics: Metrics) -> Server {
    Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(stream)
            .service(sized)
            .service(trickle)
            .service(firehose)
    })
}

#[test]
fn a_stream_is_recorded_when_it_ends_with_the_bytes_it_had() {
    for (path, handler) in [("/stream/well", "/stream/{end}"), ("/sized", "/sized")] {
        let metrics = metrics();
        let server = serve_streams(metrics);
        let reply = server.get(path);
        assert_eq!((reply.status, reply.body.len()), (200, 4000));
        let scrape = settled(metrics, 1);
        assert_eq!(scrape.requests(handler, "GET", 200), 1.0);
        assert_eq!(
            scrape.of_handler("http_response_size_bytes_sum", handler),
            4000.0
        );
    }
}

#[test]
fn a_stream_that_fails_or_panics_midway_is_one_record() {
    for path in ["/stream/fails", "/stream/panics"] {
        let metrics = metrics();
        let server = serve_streams(metrics);
        let mut client = server.connect();
        client.request("GET", path, &[], b"");
        assert!(client.reply("GET").is_err(), "cut short");
        let scrape = settled(metrics, 1);
        assert_eq!(scrape.requests("/stream/{end}", "GET", 200), 1.0);
        assert_eq!(
            scrape.of_handler("http_response_size_bytes_sum", "/stream/{end}"),
            4000.0
        );
        assert_eq!(server.get("/stream/well").status, 200);
        let _ = settled(metrics, 2);
    }
}

#[test]
fn a_stream_in_progress_shows_in_the_gauge_and_not_yet_in_the_counter() {
    let metrics = metrics();
    let server = serve_streams(metrics);
    let mut client = server.connect();
    client.request("GET", "/stream/hangs", &[], b"");
    client.head().unwrap();
    let gauge = r#"http_requests_inprogress{handler="/stream/{end}",method="GET"}"#;
    let scrape = Scrape::of(metrics);
    assert_eq!(scrape.value(gauge), 1.0);
    assert_eq!(scrape.sum("http_requests_total", &[]), 0.0);
    client.reset();
    server.stop();
    assert_eq!(
        settled(metrics, 1).requests("/stream/{end}", "GET", 200),
        1.0
    );
}

#[instrument_handler]
#[get("/trickle")]
async fn trickle() -> impl Responder {
    HttpResponse::Ok().streaming(Chunks::new(100_000, 10).every(Duration::from_millis(1)))
}

#[test]
fn a_client_that_resets_in_mid_body_is_one_record() {
    let metrics = metrics();
    let server = serve_streams(metrics);
    let mut client = server.connect();
    client.request("GET", "/trickle", &[], b"");
    client.head().unwrap();
    client.chunk().unwrap();
    client.reset();
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/trickle", "GET", 200), 1.0);
    assert!(scrape.of_handler("http_response_size_bytes_sum", "/trickle") < 1_000_000.0);
}

#[instrument_handler]
#[get("/firehose")]
async fn firehose() -> impl Responder {
    HttpResponse::Ok().streaming(Chunks::new(400, 100_000))
}

#[test]
fn a_slow_reader_holds_the_gauge_until_it_has_read() {
    let metrics = metrics();
    let server = serve_streams(metrics);
    let mut client = server.connect();
    client.request("GET", "/firehose", &[], b"");
    client.head().unwrap();
    let gauge = r#"http_requests_inprogress{handler="/firehose",method="GET"}"#;
    // More than the sockets' buffers hold: the server waits for the client.
    let begun = Instant::now();
    eventually("some time to pass", || {
        assert_eq!(Scrape::of(metrics).value(gauge), 1.0);
        (begun.elapsed() >= Duration::from_millis(40)).then_some(())
    });
    let mut bytes = 0;
    while let Some(chunk) = client.chunk().unwrap() {
        bytes += chunk.len();
    }
    assert_eq!(bytes, 40_000_000);
    let scrape = settled(metrics, 1);
    assert_eq!(
        scrape.of_handler("http_response_size_bytes_sum", "/firehose"),
        40_000_000.0
    );
    assert!(
        scrape.value(r#"http_request_duration_seconds_sum{handler="/firehose",method="GET"}"#)
            >= 0.04
    );
}

#[test]
fn a_slow_reader_that_leaves_is_one_record() {
    let metrics = metrics();
    let server = serve_streams(metrics);
    let mut client = server.connect();
    client.request("GET", "/firehose", &[], b"");
    client.head().unwrap();
    client.reset();
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/firehose", "GET", 200), 1.0);
    let bytes = scrape.of_handler("http_response_size_bytes_sum", "/firehose");
    assert!(bytes > 0.0 && bytes < 40_000_000.0);
}

// ---- bodies that are none ----

#[instrument_handler]
#[head("/bodiless")]
async fn answer_head() -> impl Responder {
    HttpResponse::Ok().body("sixteen letters.")
}

#[instrument_handler]
#[head("/bodiless_stream")]
async fn answer_head_of_stream() -> impl Responder {
    HttpResponse::Ok().streaming(Chunks::new(4, 1000).then(End::Never))
}

#[instrument_handler]
#[get("/bodiless/{status}")]
async fn answer_status(status: web::Path<u16>) -> impl Responder {
    HttpResponse::build(StatusCode::from_u16(*status).unwrap()).finish()
}

#[instrument_handler]
#[get("/upgrade")]
async fn upgrade() -> impl Responder {
    HttpResponse::SwitchingProtocols()
        .upgrade("echo")
        .streaming(Chunks::new(4, 1000).then(End::Never))
}

fn serve_bodiless(metrics: Metrics) -> Server {
    Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(answer_head)
            .service(answer_head_of_stream)
            .service(answer_status)
            .service(upgrade)
    })
}

#[test]
fn head_and_empty_responses_have_no_bytes() {
    for (method, path, status, handler) in [
        ("HEAD", "/bodiless", 200, "/bodiless"),
        ("HEAD", "/bodiless_stream", 200, "/bodiless_stream"),
        ("GET", "/bodiless/200", 200, "/bodiless/{status}"),
        ("GET", "/bodiless/204", 204, "/bodiless/{status}"),
        ("GET", "/bodiless/304", 304, "/bodiless/{status}"),
    ] {
        let metrics = metrics();
        let server = serve_bodiless(metrics);
        assert_eq!(server.send(method, path, &[], b"").status, status);
        let scrape = settled(metrics, 1);
        assert_eq!(scrape.requests(handler, method, status), 1.0);
        assert_eq!(
            scrape.of_handler("http_response_size_bytes_sum", handler),
            0.0
        );
    }
}

#[test]
fn an_upgrade_is_recorded_at_the_handshake() {
    let metrics = metrics();
    let server = serve_bodiless(metrics);
    let mut client = server.connect();
    client.request(
        "GET",
        "/upgrade",
        &["connection: upgrade", "upgrade: echo"],
        b"",
    );
    assert!(client.head().unwrap().starts_with("HTTP/1.1 101"));
    // The connection is still open.
    let scrape = settled(metrics, 1);
    assert_eq!(scrape.requests("/upgrade", "GET", 101), 1.0);
    assert_eq!(
        scrape.of_handler("http_response_size_bytes_sum", "/upgrade"),
        0.0
    );
}

// ---- clients that leave ----

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

// ---- panics ----

#[instrument_handler]
#[get("/panic/{when}")]
async fn panics(when: web::Path<String>) -> &'static str {
    if *when == "after" {
        rt::task::yield_now().await;
    }
    panic!("handlers do")
}

struct Grenade;

impl actix_web::FromRequest for Grenade {
    type Error = actix_web::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(req: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        assert!(req.query_string() != "now", "extractors do");
        Box::pin(async { panic!("extractors do, later") })
    }
}

#[instrument_handler]
#[get("/grenade")]
async fn grenade(_: Grenade) -> &'static str {
    "never"
}

struct PanickingResponder;

impl Responder for PanickingResponder {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        panic!("responders do")
    }
}

#[instrument_handler]
#[get("/responder")]
async fn panicking_responder() -> PanickingResponder {
    PanickingResponder
}

#[test]
fn a_panic_is_500_and_the_server_goes_on() {
    for (path, handler) in [
        ("/panic/before", "/panic/{when}"),
        ("/panic/after", "/panic/{when}"),
        ("/grenade?now", "/grenade"),
        ("/grenade?later", "/grenade"),
        ("/responder", "/responder"),
    ] {
        for catch_all in [false, true] {
            let metrics = metrics();
            let server = Server::start(move || {
                App::new()
                    .app_data(metrics)
                    .service(panics)
                    .service(grenade)
                    .service(panicking_responder)
                    .service(read_thing)
                    .wrap(actix_web::middleware::Condition::new(catch_all, CatchAll))
            });
            let mut client = server.connect();
            client.request("GET", path, &[], b"");
            assert!(client.reply("GET").is_err(), "the connection ends");
            let scrape = settled(metrics, 1);
            assert_eq!(scrape.requests(handler, "GET", 500), 1.0, "{path}");
            assert_eq!(scrape.exceptions(handler, "panic"), 1.0, "{path}");
            assert_eq!(server.get("/things/1").status, 200);
            let _ = settled(metrics, 2);
        }
    }
}

// ---- mounts ----

#[instrument_handler]
#[get("/leaf/{id}")]
async fn leaf(req: HttpRequest) -> String {
    req.match_pattern().unwrap_or_default()
}

#[instrument_handler]
async fn guarded() -> &'static str {
    "guarded"
}

#[instrument_handler]
async fn fallback() -> &'static str {
    "fallback"
}

#[test]
fn each_mount_has_its_own_whole_template() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(leaf)
            .service(
                web::scope("/tenants/{tenant}")
                    .service(leaf)
                    .service(web::scope("/v{version}").service(leaf)),
            )
            .service(web::scope("/regex/{number:[0-9]+}").service(leaf))
            .service(web::resource(["/one", "/two/{x}"]).to(guarded))
            .service(web::resource("/tail/{rest}*").to(guarded))
    });
    let mounts = [
        ("/leaf/1", "/leaf/{id}"),
        ("/tenants/a/leaf/1", "/tenants/{tenant}/leaf/{id}"),
        (
            "/tenants/a/v2/leaf/1",
            "/tenants/{tenant}/v{version}/leaf/{id}",
        ),
        ("/regex/12/leaf/1", "/regex/{number:[0-9]+}/leaf/{id}"),
    ];
    for (path, template) in mounts {
        assert_eq!(server.get(path).text(), template);
    }
    for path in ["/one", "/two/2", "/tail/a/b"] {
        assert_eq!(server.get(path).status, 200);
    }
    let scrape = settled(metrics, 7);
    for (_, template) in mounts {
        assert_eq!(scrape.requests(template, "GET", 200), 1.0, "{template}");
    }
    // Of a resource with several patterns actix always names the first.
    assert_eq!(scrape.requests("/one", "GET", 200), 2.0);
    assert_eq!(scrape.requests("/tail/{rest}*", "GET", 200), 1.0);
}

#[test]
fn one_template_behind_several_guards() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(
                web::resource("/shadow")
                    .guard(guard::Header("x-tenant", "a"))
                    .to(guarded),
            )
            .service(web::resource("/shadow").to(fallback))
            .default_service(web::to(fallback))
    });
    assert_eq!(
        server.send("GET", "/shadow", &["x-tenant: a"], b"").text(),
        "guarded"
    );
    assert_eq!(server.get("/shadow").text(), "fallback");
    assert_eq!(server.get("/elsewhere").text(), "fallback");
    let scrape = settled(metrics, 3);
    assert_eq!(scrape.requests("/shadow", "GET", 200), 2.0);
    assert_eq!(scrape.requests("none", "GET", 200), 1.0);
}

#[test]
fn many_workers_add_up() {
    let metrics = metrics();
    let server = Server::start_with(
        Options {
            workers: 4,
            ..Options::default()
        },
        move || {
            App::new()
                .app_data(metrics)
                .service(metrics.scope())
                .service(read_thing)
        },
    );
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for id in 0..25 {
                    assert_eq!(server.get(&format!("/things/{id}")).status, 200);
                }
            });
        }
    });
    let scrape = settled(metrics, 200);
    assert_eq!(scrape.requests("/things/{id}", "GET", 200), 200.0);
    assert_eq!(server.scrape().requests("/things/{id}", "GET", 200), 200.0);
    server.stop();
    assert_eq!(
        settled(metrics, 200).requests("/things/{id}", "GET", 200),
        200.0
    );
}

#[test]
fn request_extensions_do_not_leak_from_one_request_to_the_next() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .wrap(CatchAll)
            .wrap_fn(|req, service| {
                assert!(req.extensions().get::<u8>().is_none());
                req.extensions_mut().insert(1_u8);
                service.call(req)
            })
            .service(read_thing)
            .route("/bare", web::get().to(|| async { "bare" }))
    });
    let mut client = server.connect();
    for round in 0..20 {
        let path = if round % 2 == 0 { "/things/1" } else { "/bare" };
        client.request("GET", path, &[], b"");
        assert_eq!(client.reply("GET").unwrap().status, 200);
    }
    let scrape = settled(metrics, 20);
    assert_eq!(scrape.requests("/things/{id}", "GET", 200), 10.0);
    assert_eq!(scrape.requests("/bare", "GET", 200), 10.0);
}

// ---- HTTP/1.1 particulars ----

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
    all.extend(tests::request("GET", "/stream/well", &[], b""));
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

#[test]
fn middleware_of_actix_changes_no_count() {
    let metrics = metrics();
    let server = Server::start(move || {
        App::new()
            .app_data(metrics)
            .service(stream)
            .service(sized)
            .wrap(actix_web::middleware::Logger::default())
            .wrap(actix_web::middleware::NormalizePath::trim())
    });
    assert_eq!(server.get("/sized/").body.len(), 4000);
    let scrape = settled(metrics, 1);
    assert_eq!(
        scrape.of_handler("http_response_size_bytes_sum", "/sized"),
        4000.0
    );
}
