//! Hours of abuse in minutes: everything at once, from a seed, while being scraped. `SOAK_REQUESTS` says how many.

#![expect(
    clippy::float_cmp,
    clippy::cast_possible_truncation,
    reason = "the numbers here are whole, and small"
)]
#![allow(clippy::unused_async, reason = "actix wants it, await or not")]

#[allow(dead_code, reason = "shared with tests that need more of it")]
mod common;
#[path = "soak/tasks.rs"]
mod tasks;

use std::{
    env, fs,
    pin::Pin,
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst},
    task::{Context, Poll, ready},
    thread,
    time::{Duration, Instant},
};

use actix_web::{
    App, HttpResponse, Responder,
    body::{BodySize, BoxBody, MessageBody},
    dev::{Service, ServiceResponse},
    error::{ErrorUnauthorized, InternalError},
    get,
    http::{Method, StatusCode},
    post, rt, web,
};
use metrics_runtime::{CatchAll, instrument_handler};
use serde::{Deserialize, Serialize};
use tests::{Client, Options, Scrape, Server, metrics_with};

use crate::common::{Chunks, End, Random, Refused};

const CLIENTS: u64 = 8;
const WORKERS: usize = 2;
const GZIP: [&str; 1] = ["accept-encoding: gzip"];

/// Calls into the routing: requests begun.
static BEGUN: AtomicU64 = AtomicU64::new(0);
/// Bytes of response bodies, as they leave the outermost service.
static PRODUCED: AtomicU64 = AtomicU64::new(0);
static HOOKED: AtomicU64 = AtomicU64::new(0);
/// `App`s built: one per worker, and one more for each worker that is restarted.
static APPS: AtomicU32 = AtomicU32::new(0);

#[derive(Serialize, Deserialize)]
struct Thing {
    id: u32,
}

#[instrument_handler]
#[get("/text/{id}")]
async fn some_text(id: web::Path<u32>) -> String {
    "x".repeat(*id as usize)
}

#[instrument_handler(handler = "/json")]
#[post("/json")]
async fn as_json(thing: web::Json<Thing>) -> web::Json<Thing> {
    thing
}

#[instrument_handler]
#[post("/upload")]
async fn upload(body: web::Bytes) -> String {
    body.len().to_string()
}

#[instrument_handler]
#[get("/stream/{end}")]
async fn stream(end: web::Path<u8>) -> impl Responder {
    let end = match *end {
        0 => End::Failure,
        1 => End::Panic,
        2 => End::Never,
        _ => End::Regular,
    };
    HttpResponse::Ok().streaming(Chunks::new(5, 200).then(end))
}

#[instrument_handler]
#[get("/wait")]
async fn wait() -> &'static str {
    rt::time::sleep(Duration::from_millis(3)).await;
    "waited"
}

#[instrument_handler]
#[get("/error/{status}")]
async fn failing(status: web::Path<u16>) -> Result<&'static str, Refused> {
    Err(Refused(*status))
}

#[instrument_handler]
#[get("/panic/{late}")]
async fn panicking(late: web::Path<bool>) -> &'static str {
    if *late {
        rt::task::yield_now().await;
    }
    panic!("handlers do")
}

async fn bare(id: web::Path<u32>) -> String {
    id.to_string()
}

async fn bare_panic() -> &'static str {
    panic!("handlers do")
}

/// Counts what it hands on.
struct Counted(BoxBody);

impl MessageBody for Counted {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.0.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<web::Bytes, Self::Error>>> {
        let item = ready!(Pin::new(&mut self.0).poll_next(cx));
        if let Some(Ok(chunk)) = &item {
            PRODUCED.fetch_add(chunk.len() as u64, SeqCst);
        }
        Poll::Ready(item)
    }
}

fn counted(method: &Method, status: StatusCode, body: BoxBody) -> BoxBody {
    if *method == Method::HEAD || status == StatusCode::NO_CONTENT {
        return body;
    }
    match body.try_into_bytes() {
        Ok(bytes) => {
            PRODUCED.fetch_add(bytes.len() as u64, SeqCst);
            BoxBody::new(bytes)
        }
        Err(body) => BoxBody::new(Counted(body)),
    }
}

fn serve(metrics: metrics_runtime::Metrics) -> Server {
    let options = Options {
        workers: WORKERS,
        ..Options::default()
    };
    Server::start_with(options, move || {
        APPS.fetch_add(1, SeqCst);
        App::new()
            .app_data(metrics)
            .app_data(web::PayloadConfig::new(100_000))
            .service(some_text)
            .service(as_json)
            .service(upload)
            .service(stream)
            .service(wait)
            .service(failing)
            .service(panicking)
            .route("/bare/{id}", web::get().to(bare))
            .route("/bare_panic", web::get().to(bare_panic))
            .service(web::scope("/nested/{tenant}").wrap(CatchAll).service(wait))
            .wrap_fn(|req, service| {
                let refused = req.headers().contains_key("x-refuse");
                let response = (!refused).then(|| service.call(req));
                async move {
                    match response {
                        Some(response) => response.await,
                        None => Err(ErrorUnauthorized("who?")),
                    }
                }
            })
            .wrap(CatchAll)
            .wrap_fn(|req, service| {
                let scrape = req.path() == "/metrics";
                if !scrape {
                    BEGUN.fetch_add(1, SeqCst);
                }
                let method = req.method().clone();
                let response = service.call(req);
                async move {
                    let response: ServiceResponse<_> = match response.await {
                        Ok(response) => response.map_into_boxed_body(),
                        // What `CatchAll` handed on; it is made into a response further out.
                        Err(error) => {
                            let answer = error.error_response();
                            if let BodySize::Sized(bytes) = answer.body().size() {
                                PRODUCED.fetch_add(bytes, SeqCst);
                            }
                            return Err(InternalError::from_response(error, answer).into());
                        }
                    };
                    Ok(response.map_body(|head, body| {
                        if scrape {
                            body
                        } else {
                            counted(&method, head.status, body)
                        }
                    }))
                }
            })
            .service(metrics.scope())
    })
}

/// One client's connection, made anew after each fault.
struct Abuser<'a> {
    server: &'a Server,
    random: Random,
    client: Option<Client>,
    sent: u64,
    faults: u64,
}

impl Abuser<'_> {
    fn client(&mut self) -> &mut Client {
        let server = self.server;
        self.client.get_or_insert_with(|| server.connect())
    }

    fn drop_connection(&mut self) {
        if let Some(client) = self.client.take() {
            client.reset();
        }
    }

    /// A request answered in full.
    fn ask(&mut self, method: &str, path: &str, headers: &[&str], body: &[u8]) {
        self.sent += 1;
        let client = self.client();
        let sent = client.try_write(tests::request(method, path, headers, body));
        if sent.is_err() || client.reply(method).is_err() {
            self.drop_connection();
        }
    }

    /// Bytes after which the client leaves, having read so many bytes at most.
    fn leave_after(&mut self, bytes: &[u8], reading: bool) {
        self.sent += 1;
        self.faults += 1;
        let client = self.client();
        let _ = client.try_write(bytes);
        if reading && client.head().is_ok() {
            let _ = client.chunk();
        }
        self.drop_connection();
    }

    fn step(&mut self) {
        let dice = self.random.below(100);
        let id = self.random.below(3000);
        let json = ["content-type: application/json"];
        let fault = match dice {
            0..20 => return self.ask("GET", &format!("/text/{id}"), &[], b""),
            20..30 => return self.ask("POST", "/json", &json, br#"{"id":1}"#),
            30..36 => return self.ask("POST", "/upload", &[], &vec![b'x'; id as usize * 40]),
            36..42 => return self.ask("GET", "/stream/9", &[], b""),
            42..47 => return self.ask("GET", "/wait", &[], b""),
            47..51 => return self.ask("GET", "/nested/a/wait", &[], b""),
            51..56 => return self.ask("GET", &format!("/bare/{id}"), &[], b""),
            56..59 => return self.ask("HEAD", "/text/5", &[], b""),
            59..62 => {
                let pair = tests::request("GET", "/text/10", &[], b"").repeat(2);
                self.sent += 2;
                let client = self.client();
                let both = client.try_write(pair).is_ok()
                    && client.reply("GET").is_ok()
                    && client.reply("GET").is_ok();
                if !both {
                    self.drop_connection();
                }
                return;
            }
            // From here on: faults.
            62..66 => (
                "GET",
                format!("/error/{}", 400 + id % 120),
                &[][..],
                &b""[..],
            ),
            66..69 => (
                "GET",
                format!("/panic/{}", id.is_multiple_of(2)),
                &[][..],
                &b""[..],
            ),
            69..71 => ("GET", "/bare_panic".to_owned(), &[][..], &b""[..]),
            71..74 => ("POST", "/json".to_owned(), &json[..], &b"{"[..]),
            74..78 => (
                "GET",
                format!("/{:x}", self.random.next()),
                &[][..],
                &b""[..],
            ),
            78..80 => ("GET", "/text/1".to_owned(), &["x-refuse: 1"][..], &b""[..]),
            80..82 => ("GET", format!("/stream/{}", id % 2), &[][..], &b""[..]),
            82..84 => {
                let path = tests::request(&format!("M{id}"), "/text/1", &[], b"");
                return self.leave_after(&path, false);
            }
            84..88 => return self.leave_after(&tests::request("GET", "/wait", &[], b""), false),
            88..91 => {
                return self.leave_after(&tests::request("GET", "/stream/2", &[], b""), true);
            }
            91..94 => {
                // The length lies.
                let lie = b"POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 90000\r\n\r\nabc";
                return self.leave_after(lie, false);
            }
            94..96 => {
                return self.leave_after(b"GET /text/1 HTTP/1.1\r\nhost", false);
            }
            96..98 => return self.leave_after(b"\x16\x03\x01 nonsense\r\n\r\n", false),
            _ => {
                self.sent += 1;
                self.faults += 1;
                let client = self.client();
                let _ = client.try_write(tests::request("GET", "/wait", &[], b""));
                client.socket().shutdown(std::net::Shutdown::Write).ok();
                let _ = client.reply("GET");
                return self.drop_connection();
            }
        };
        let (method, path, headers, body) = fault;
        self.faults += 1;
        self.ask(method, &path, headers, body);
    }
}

/// How many requests, or runs of tasks, and what makes them repeatable.
fn size_and_seed() -> (u64, u64) {
    let number =
        |name, default| env::var(name).map_or(default, |text| text.parse().expect("a number"));
    (number("SOAK_REQUESTS", 4_000), number("SOAK_SEED", 1))
}

/// Resident memory in MiB.
fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = pages.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0_u64) * 4096 / (1024 * 1024)
}

fn silence_meant_panics() {
    std::panic::set_hook(Box::new(|info| {
        let text = info.payload().downcast_ref::<&str>();
        if !matches!(
            text,
            Some(&"handlers do" | &"a stream may panic" | &"a task may panic")
        ) {
            eprintln!("{info}");
        }
    }));
}

/// Scrapes, compressed every other time; says how often.
fn scrape_until(done: &AtomicBool, server: &Server) -> u64 {
    let (mut scrapes, mut before) = (0, 0.0);
    let mut client = server.connect();
    while !done.load(SeqCst) {
        let compressed = scrapes % 2 == 1;
        let headers = if compressed { &GZIP[..] } else { &[] };
        client.request("GET", "/metrics", headers, b"");
        let reply = client.reply("GET").expect("a scrape");
        let scrape = if compressed {
            Scrape::new(reply.gunzip())
        } else {
            Scrape::new(reply.text())
        };
        let total = scrape.sum("http_requests_total", &[]);
        assert!(total >= before, "a counter went back");
        before = total;
        scrapes += 1;
        thread::sleep(Duration::from_millis(5));
    }
    scrapes
}

#[test]
fn every_request_exactly_once_under_abuse() {
    let (size, seed) = size_and_seed();
    silence_meant_panics();
    let metrics = metrics_with(|config| {
        config.high_resolution_latency(true).on_request(|_| {
            HOOKED.fetch_add(1, SeqCst);
        })
    });
    let server = serve(metrics);
    let begun = Instant::now();
    let done = AtomicBool::new(false);
    let (mut sent, mut faults, mut scrapes) = (0, 0, 0);
    let mut warm = 0;

    thread::scope(|scope| {
        let prometheus = scope.spawn(|| scrape_until(&done, &server));
        let abusers: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let server = &server;
                scope.spawn(move || {
                    let mut abuser = Abuser {
                        server,
                        random: Random::new(seed * 1000 + number),
                        client: None,
                        sent: 0,
                        faults: 0,
                    };
                    while abuser.sent < size / CLIENTS {
                        abuser.step();
                    }
                    abuser.drop_connection();
                    (abuser.sent, abuser.faults)
                })
            })
            .collect();
        tests::eventually_within(
            Duration::from_secs(600),
            "a quarter of the requests",
            || (BEGUN.load(SeqCst) >= size / 5).then_some(()),
        );
        warm = resident();
        for abuser in abusers {
            let (more_sent, more_faults) = abuser.join().expect("a client");
            sent += more_sent;
            faults += more_faults;
        }
        done.store(true, SeqCst);
        scrapes = prometheus.join().expect("the scraper");
    });

    // Whoever was left waiting is told so now.
    let (total, scrape) = tests::eventually("every request to end", || {
        let scrape = Scrape::of(metrics);
        let total = scrape.sum("http_requests_total", &[]);
        let begun = BEGUN.load(SeqCst) as f64;
        (scrape.all_at_rest() && total == begun).then_some((total, scrape))
    });
    let (memory, apps) = (resident(), APPS.load(SeqCst));
    let bytes = scrape.sum("http_response_size_bytes_sum", &[]);
    println!(
        "soak: {sent} requests sent, {faults} with faults ({} %), {total} begun and counted, {scrapes} scrapes meanwhile, \
         {bytes} bytes produced, {apps} apps built for {WORKERS} workers, {warm} MiB resident after a fifth, {memory} MiB at the end, {:.1} s",
        100 * faults / sent,
        begun.elapsed().as_secs_f64()
    );
    assert!(
        faults * 5 >= sent,
        "a fifth of the requests should go wrong"
    );
    assert!(memory <= warm + 32, "memory should be flat");
    assert_eq!(apps, WORKERS as u32, "a worker was restarted");
    for family in [
        "http_request_duration_seconds_count",
        "http_request_duration_highr_seconds_count",
        "http_request_size_bytes_count",
        "http_response_size_bytes_count",
    ] {
        assert_eq!(scrape.sum(family, &[]), total, "{family}");
    }
    let panics = scrape.sum("http_exceptions_total", &["exception_type=\"panic\""]);
    assert!(panics > 0.0);
    tests::eventually("the hooks", || {
        (HOOKED.load(SeqCst) as f64 == total).then_some(())
    });
    let compressed = server.send("GET", "/metrics", &GZIP, b"");
    assert!(
        compressed.gunzip() == server.get("/metrics").text(),
        "the text, compressed"
    );
    server.stop();
    assert_eq!(PRODUCED.load(SeqCst) as f64, bytes, "bytes produced");
}
