//! `/metrics` of a program that has no `App`: a server on a thread of its own.

use std::{
    fmt, io,
    net::{SocketAddr, TcpListener, ToSocketAddrs},
    sync::mpsc,
    thread::{self, JoinHandle},
};

use actix_web::{App, HttpServer, dev::ServerHandle, rt::System};

use super::metrics_scope;
use crate::instance;

/// Serves the process-wide `/metrics` at an address, on a thread of its own: for workers, which have no `App`.
///
/// It can be called from a plain `main` and from within tokio or actix; the thread has an actix `System` of its own with
/// one worker, and leaves signals alone. The first address that can be bound is used; port 0 is any free one. With
/// `ENABLE_METRICS=false`, `/metrics` is answered with 404.
///
/// Use an address that only Prometheus reaches: there is no authentication, which [`metrics_scope`] in an `App` can have.
///
/// # Errors
/// If no address can be bound, because the port is in use or the address is not this machine's, with the address in the
/// text; or if [`init`](crate::init) was not called and the environment is invalid, with the text of the
/// [`ConfigError`](crate::ConfigError).
///
/// ```
/// use std::{io::{Read, Write}, net::TcpStream};
///
/// let server = metrics_runtime::serve("127.0.0.1:0")?;
/// let mut client = TcpStream::connect(server.addr())?;
/// client.write_all(b"GET /metrics HTTP/1.0\r\n\r\n")?;
/// let mut response = String::new();
/// client.read_to_string(&mut response)?;
/// assert!(response.starts_with("HTTP/1.0 200 OK\r\n"));
/// server.stop();
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn serve(addr: impl ToSocketAddrs) -> io::Result<MetricsServer> {
    instance::global().map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let listener = bind(addr)?;
    let addr = listener.local_addr()?;
    let (sender, receiver) = mpsc::channel();
    let thread = thread::Builder::new()
        .name("metrics-server".to_owned())
        .spawn(move || run(listener, &sender))?;
    match receiver.recv() {
        Ok(Ok(handle)) => Ok(MetricsServer {
            addr,
            handle,
            thread,
        }),
        Ok(Err(error)) => Err(error),
        Err(mpsc::RecvError) => Err(io::Error::other("the metrics server panicked")),
    }
}

/// Binds here and not in the server, so that the caller gets the error.
fn bind(addr: impl ToSocketAddrs) -> io::Result<TcpListener> {
    let addrs: Vec<SocketAddr> = addr.to_socket_addrs()?.collect();
    TcpListener::bind(&*addrs).map_err(|error| {
        let addrs: Vec<String> = addrs.iter().map(ToString::to_string).collect();
        let text = format!("cannot serve metrics on {}: {error}", addrs.join(" or "));
        io::Error::new(error.kind(), text)
    })
}

/// Runs the server to its end; its handle, or why there is none, goes to the sender.
fn run(listener: TcpListener, sender: &mpsc::Sender<io::Result<ServerHandle>>) {
    System::new().block_on(async move {
        let server = HttpServer::new(|| App::new().service(metrics_scope()))
            .workers(1)
            .disable_signals()
            .listen(listener);
        let running = match server {
            Ok(server) => server.run(),
            Err(error) => {
                let _ = sender.send(Err(error));
                return;
            }
        };
        let _ = sender.send(Ok(running.handle()));
        if let Err(error) = running.await {
            log::error!("the metrics server has ended: {error}");
        }
    });
}

/// A server made by [`serve`]. Dropped, it goes on serving until the process ends.
#[must_use = "dropped, it goes on serving, but can no longer be stopped"]
pub struct MetricsServer {
    addr: SocketAddr,
    handle: ServerHandle,
    thread: JoinHandle<()>,
}

impl MetricsServer {
    /// Where it listens, with the port that was chosen.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops it, and returns once the port is free again. A scrape in progress is cut off.
    pub fn stop(self) {
        // The call sends the command; the future waits for the end, as `join` does.
        drop(self.handle.stop(false));
        if self.thread.join().is_err() {
            log::error!("the metrics server panicked");
        }
    }
}

impl fmt::Debug for MetricsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsServer")
            .field("addr", &self.addr)
            .finish_non_exhaustive()
    }
}
