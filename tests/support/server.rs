//! A server on a port of its own.

use std::{
    fmt,
    net::SocketAddr,
    sync::mpsc,
    thread::{self, JoinHandle},
};

use actix_http::{Request, Response};
use actix_service::IntoServiceFactory;
use actix_web::{
    Error, HttpServer,
    body::MessageBody,
    dev::{AppConfig, ServerHandle, Service, ServiceFactory},
    rt,
};

use crate::{Client, Reply, Scrape};

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
