//! What the black-box tests share: a server, a client that can misbehave, and the text of `/metrics`.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::mpsc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use actix_http::{Request, Response};
use actix_service::IntoServiceFactory;
use actix_web::{
    Error, HttpServer,
    body::MessageBody,
    dev::{AppConfig, ServerHandle, Service, ServiceFactory},
    rt,
};
use metrics_runtime::{Config, ConfigBuilder, Format, Metrics};
use socket2::SockRef;

/// How long anything may take before a test gives up on it.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Metrics of a test's own.
///
/// # Panics
/// If the environment of the test is invalid.
#[must_use]
pub fn metrics() -> Metrics {
    metrics_with(|config| config)
}

/// Metrics of a test's own, configured.
///
/// # Panics
/// If the configuration is invalid.
#[must_use]
pub fn metrics_with(configure: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Metrics {
    let config = configure(Config::builder())
        .build()
        .expect("the configuration is valid");
    Metrics::new(config).expect("the registry is new")
}

/// Asks until there is an answer.
///
/// # Panics
/// If there is none within [`DEADLINE`].
pub fn eventually<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    eventually_within(DEADLINE, what, ask)
}

/// Asks until there is an answer, with more patience.
///
/// # Panics
/// If there is none in time.
pub fn eventually_within<T>(
    deadline: Duration,
    what: &str,
    mut ask: impl FnMut() -> Option<T>,
) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < deadline, "waited too long for {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until so many requests were recorded and none is in progress, and checks that each left its mark, once, in
/// every family.
///
/// # Panics
/// If that does not come about, or the families disagree.
#[must_use]
pub fn settled(metrics: Metrics, requests: u32) -> Scrape {
    let expected = f64::from(requests);
    let begun = Instant::now();
    loop {
        let scrape = Scrape::of(metrics);
        let total = scrape.sum("http_requests_total", &[]);
        assert!(
            total <= expected,
            "{total} requests were recorded, not {requests}:\n{}",
            scrape.text()
        );
        if (total - expected).abs() < 0.5 && scrape.all_at_rest() {
            for family in [
                "http_request_duration_seconds_count",
                "http_request_size_bytes_count",
                "http_response_size_bytes_count",
            ] {
                assert_eq!(
                    scrape.sum(family, &[]),
                    total,
                    "{family}\n{}",
                    scrape.text()
                );
            }
            return scrape;
        }
        assert!(
            begun.elapsed() < DEADLINE,
            "{requests} requests should have been recorded and ended:\n{}",
            scrape.text()
        );
        thread::sleep(Duration::from_millis(2));
    }
}

/// How a [`Server`] serves.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Worker threads.
    pub workers: usize,
    /// Whether a client that closed its sending side still gets its response.
    pub half_closed: bool,
    /// HTTP/2 beside HTTP/1.1.
    pub http2: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            workers: 1,
            half_closed: true,
            http2: false,
        }
    }
}

/// A server on a free port of this machine, stopped when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves with one worker.
    #[must_use]
    pub fn start<F, I, S, B>(app: F) -> Self
    where
        F: Fn() -> I + Send + Clone + 'static,
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig> + 'static,
        S::Error: Into<Error>,
        S::InitError: fmt::Debug,
        S::Response: Into<Response<B>>,
        <S::Service as Service<Request>>::Future: 'static,
        S::Service: 'static,
        B: MessageBody + 'static,
    {
        Self::start_with(Options::default(), app)
    }

    /// Serves.
    ///
    /// # Panics
    /// If no port is free.
    #[must_use]
    pub fn start_with<F, I, S, B>(options: Options, app: F) -> Self
    where
        F: Fn() -> I + Send + Clone + 'static,
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig> + 'static,
        S::Error: Into<Error>,
        S::InitError: fmt::Debug,
        S::Response: Into<Response<B>>,
        <S::Service as Service<Request>>::Future: 'static,
        S::Service: 'static,
        B: MessageBody + 'static,
    {
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || {
            rt::System::new().block_on(async move {
                let server = HttpServer::new(app)
                    .workers(options.workers)
                    .h1_allow_half_closed(options.half_closed)
                    .disable_signals();
                let free = ("127.0.0.1", 0);
                let server = if options.http2 {
                    server.bind_auto_h2c(free)
                } else {
                    server.bind(free)
                }
                .expect("a free port");
                let address = server.addrs()[0];
                let running = server.run();
                sender
                    .send((address, running.handle()))
                    .expect("the test waits for the address");
                running.await.expect("the server ends well");
            });
        });
        let (address, handle) = receiver.recv().expect("the server starts");
        Self {
            address,
            handle,
            thread: Some(thread),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A connection to it.
    ///
    /// # Panics
    /// If it refuses.
    #[must_use]
    pub fn connect(&self) -> Client {
        Client::connect(self.address).expect("the server accepts")
    }

    /// `GET` on a new connection.
    #[must_use]
    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], b"")
    }

    /// A request on a new connection.
    ///
    /// # Panics
    /// If there is no response.
    #[must_use]
    pub fn send(&self, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Reply {
        let mut client = self.connect();
        client.request(method, path, headers, body);
        client.reply(method).expect("a response")
    }

    /// What its `/metrics` says.
    #[must_use]
    pub fn scrape(&self) -> Scrape {
        Scrape::new(self.get("/metrics").text())
    }

    /// Ends it at once, whatever it is serving.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let handle = self.handle.clone();
        // The command is sent by the call; the server's own thread carries it out.
        drop(handle.stop(false));
        let ended = self.thread.take().map(JoinHandle::join);
        if !thread::panicking() {
            assert!(matches!(ended, Some(Ok(()))), "the server panicked");
        }
    }
}

/// One connection, kept alive.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// As the system says.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.set_write_timeout(Some(DEADLINE))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// The socket.
    #[must_use]
    pub fn socket(&self) -> &TcpStream {
        self.stream.get_ref()
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// As the system says.
    pub fn try_write(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes.as_ref())
    }

    /// Sends bytes as they are.
    ///
    /// # Panics
    /// If the server does not take them.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_write(bytes).expect("the server reads");
    }

    /// Sends a whole request.
    pub fn request(&mut self, method: &str, path: &str, headers: &[&str], body: &[u8]) {
        self.write(request(method, path, headers, body));
    }

    /// Reads a response to this method.
    ///
    /// # Errors
    /// If the connection ends before the response does, or says what is no response.
    pub fn reply(&mut self, method: &str) -> io::Result<Reply> {
        let head = self.head()?;
        let mut reply = Reply {
            status: head
                .split(' ')
                .nth(1)
                .and_then(|status| status.parse().ok())
                .ok_or_else(|| malformed(&head))?,
            head,
            body: Vec::new(),
        };
        let no_body = method == "HEAD" || matches!(reply.status, 100..200 | 204 | 304);
        if no_body {
            return Ok(reply);
        }
        if reply.header("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.chunk()? {
                reply.body.extend(chunk);
            }
        } else if let Some(length) = reply.header("content-length") {
            let length = length.parse().map_err(|_| malformed(&reply.head))?;
            reply.body.resize(length, 0);
            self.stream.read_exact(&mut reply.body)?;
        } else {
            self.stream.read_to_end(&mut reply.body)?;
        }
        Ok(reply)
    }

    /// Reads the head of a response.
    ///
    /// # Errors
    /// If the connection ends before the head does.
    pub fn head(&mut self) -> io::Result<String> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(head)
    }

    /// Reads a chunk of a response; `None` is the end.
    ///
    /// # Errors
    /// If the connection ends before the chunk does.
    pub fn chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut size = String::new();
        if self.stream.read_line(&mut size)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let size = usize::from_str_radix(size.trim(), 16).map_err(|_| malformed(&size))?;
        let mut chunk = vec![0; size + 2];
        self.stream.read_exact(&mut chunk)?;
        chunk.truncate(size);
        Ok((size > 0).then_some(chunk))
    }

    /// Reads until the connection ends, however it ends.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _ = self.stream.read_to_end(&mut rest);
        rest
    }

    /// Sends FIN and goes on reading.
    ///
    /// # Panics
    /// If the connection is gone.
    pub fn half_close(&self) {
        self.socket()
            .shutdown(Shutdown::Write)
            .expect("still connected");
    }

    /// Sends RST.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn reset(self) {
        SockRef::from(self.socket())
            .set_linger(Some(Duration::ZERO))
            .expect("a TCP socket");
    }
}

/// The bytes of a request.
#[must_use]
pub fn request(method: &str, path: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{method} {path} HTTP/1.1\r\nhost: test\r\n").into_bytes();
    for header in headers {
        bytes.extend(header.as_bytes());
        bytes.extend(b"\r\n");
    }
    if !body.is_empty() {
        bytes.extend(format!("content-length: {}\r\n", body.len()).as_bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// A response.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The code.
    pub status: u16,
    /// Status line and headers as they came.
    pub head: String,
    /// The body without its framing.
    pub body: Vec<u8>,
}

impl Reply {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The body as text.
    ///
    /// # Panics
    /// If it is not.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    /// The body as text, once it is decompressed.
    ///
    /// # Panics
    /// If it is not gzip.
    #[must_use]
    pub fn gunzip(&self) -> String {
        let mut text = String::new();
        flate2::read::GzDecoder::new(&self.body[..])
            .read_to_string(&mut text)
            .expect("gzip of text");
        text
    }

    /// Everything that came, but for what differs between any two responses.
    #[must_use]
    pub fn without_date(&self) -> String {
        let head = self
            .head
            .split_inclusive('\n')
            .filter(|line| !line.starts_with("date:"));
        head.chain([String::from_utf8_lossy(&self.body).as_ref()])
            .collect()
    }
}

/// Samples of one scrape.
#[derive(Debug, Clone)]
pub struct Scrape {
    text: String,
}

impl Scrape {
    /// Takes the text of a scrape.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// What these metrics say now.
    #[must_use]
    pub fn of(metrics: Metrics) -> Self {
        Self::new(metrics.render(Format::Text))
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value of exactly this series, written as in the text: `name{label="value",..}`.
    #[must_use]
    pub fn get(&self, series: &str) -> Option<f64> {
        self.samples()
            .find(|(known, _)| *known == series)
            .map(|(_, value)| value)
    }

    /// The value of a series that must be there.
    ///
    /// # Panics
    /// If it is not.
    #[must_use]
    pub fn value(&self, series: &str) -> f64 {
        match self.get(series) {
            Some(value) => value,
            None => panic!("no series {series} in\n{}", self.text),
        }
    }

    /// The sum over all series of this name whose labels contain every given `name="value"`.
    #[must_use]
    pub fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        self.samples()
            .filter(|(series, _)| {
                series
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('{'))
                    && labels.iter().all(|label| series.contains(label))
            })
            .map(|(_, value)| value)
            .sum()
    }

    /// Requests counted under exactly these labels, whatever others the series has.
    #[must_use]
    pub fn requests(&self, handler: &str, method: &str, status: u16) -> f64 {
        self.sum(
            "http_requests_total",
            &[
                &format!("handler=\"{handler}\""),
                &format!("method=\"{method}\""),
                &format!("status=\"{status}\""),
            ],
        )
    }

    /// A handler's share of a family without further labels.
    #[must_use]
    pub fn of_handler(&self, family: &str, handler: &str) -> f64 {
        self.sum(family, &[&format!("handler=\"{handler}\"")])
    }

    /// Errors of a handler by type.
    #[must_use]
    pub fn exceptions(&self, handler: &str, exception_type: &str) -> f64 {
        self.sum(
            "http_exceptions_total",
            &[
                &format!("handler=\"{handler}\""),
                &format!("exception_type=\"{exception_type}\""),
            ],
        )
    }

    /// Whether every gauge of requests in progress is 0, each by itself.
    #[must_use]
    pub fn all_at_rest(&self) -> bool {
        self.samples()
            .filter(|(series, _)| series.contains("http_requests_inprogress"))
            .all(|(_, value)| value == 0.0)
    }

    /// Whether some series has this in its name or labels.
    #[must_use]
    pub fn mentions(&self, text: &str) -> bool {
        self.samples().any(|(series, _)| series.contains(text))
    }

    /// Every sample: the series as written, and its value.
    ///
    /// # Panics
    /// While iterating, if a line is no sample.
    pub fn samples(&self) -> impl Iterator<Item = (&str, f64)> {
        self.text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| {
                let (series, value) = line
                    .rsplit_once(' ')
                    .expect("a sample is a series and a value");
                (series, value.parse().expect("a sample's value is a number"))
            })
    }
}
