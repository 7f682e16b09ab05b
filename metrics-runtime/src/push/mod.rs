//! Pushes to a Pushgateway, for jobs that end before Prometheus could scrape them.
//!
//! The client blocks, on a thread of ours: so a future works wherever it is polled, and no runtime's threads wait for the
//! gateway.

mod builder;
mod client;
mod error;
mod handle;
mod overwritten;

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::Duration,
};

use tokio::sync::oneshot;

pub use self::{builder::PusherBuilder, error::PushError, handle::PushHandle};
use self::{client::Client, handle::push_every};
use crate::{
    expose::{self, Format},
    instance,
};

/// Pushes the process-wide metrics to a [Pushgateway](https://github.com/prometheus/pushgateway), under a job and labels
/// that form a group there.
///
/// Every operation is there as a future, which works in tokio, in actix and in any other executor, and as a function that
/// blocks, for a plain `main`. The client runs on a thread of its own. A future does nothing until it is polled; dropped
/// after that, its request goes on to the end.
///
/// A request is tried three times where the network fails or the gateway answers with 5xx, and once where it answers
/// anything else: a gateway that refuses metrics once refuses them again. With `ENABLE_METRICS=false` nothing is sent.
///
/// The text is in the format of Prometheus, version 0.0.4, without exemplars, which the gateway would not keep.
///
/// `https://` needs a TLS library: add `ureq = { version = "3", default-features = false, features = ["rustls"] }` to your
/// dependencies. A proxy in `HTTP_PROXY` or `ALL_PROXY` is used, except for hosts in `NO_PROXY`.
///
/// Compiled only, because it needs a Pushgateway; `tests/workers` runs the same against one.
///
/// ```no_run
/// use metrics_runtime::{Pusher, instrument_task};
///
/// #[instrument_task(task = "nightly", every = 86_400.0)]
/// async fn nightly() {}
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let pusher = Pusher::builder("http://pushgateway:9091")
///     .job("nightly")
///     .grouping("shard", "1")
///     .build()?;
/// nightly().await;
/// pusher.push().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Pusher(Arc<Client>);

/// What a request does with the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    /// Replaces all of it.
    Put,
    /// Replaces the families of the same names.
    Post,
    Delete,
}

impl Pusher {
    /// A pusher to the gateway at this URL: `http://host:port`, with a path if the gateway has a prefix.
    pub fn builder(url: impl Into<String>) -> PusherBuilder {
        PusherBuilder::new(url.into())
    }

    /// Replaces everything in the group with the metrics as they are now (`PUT`).
    ///
    /// # Errors
    /// See [`PushError`].
    pub async fn push(&self) -> Result<(), PushError> {
        self.send(Method::Put).await
    }

    /// Replaces the families of the same names in the group, and keeps the others (`POST`): for two programs, or two parts
    /// of one, that share a group.
    ///
    /// # Errors
    /// See [`PushError`].
    pub async fn push_add(&self) -> Result<(), PushError> {
        self.send(Method::Post).await
    }

    /// Deletes the group: the gateway forgets a job only when it is told to.
    ///
    /// # Errors
    /// See [`PushError`]. A group that is not there is no error.
    pub async fn delete(&self) -> Result<(), PushError> {
        self.send(Method::Delete).await
    }

    /// [`push`](Self::push), which blocks the thread: for programs without an executor.
    ///
    /// # Errors
    /// See [`PushError`].
    pub fn push_blocking(&self) -> Result<(), PushError> {
        self.send_blocking(Method::Put)
    }

    /// [`push_add`](Self::push_add), which blocks the thread.
    ///
    /// # Errors
    /// See [`PushError`].
    pub fn push_add_blocking(&self) -> Result<(), PushError> {
        self.send_blocking(Method::Post)
    }

    /// [`delete`](Self::delete), which blocks the thread.
    ///
    /// # Errors
    /// See [`PushError`].
    pub fn delete_blocking(&self) -> Result<(), PushError> {
        self.send_blocking(Method::Delete)
    }

    /// [`push`](Self::push)es now and then after every interval, on a thread of its own, until the handle is stopped. A
    /// push that fails is logged, the first of several in a row, and the next one is tried all the same.
    ///
    /// For a job of hours, whose progress Prometheus is to see; a service that does not end is better scraped, see
    /// [`serve`](crate::serve).
    #[must_use = "without the handle, the last values are not pushed at the end"]
    pub fn run_every(&self, interval: Duration) -> PushHandle {
        push_every(self.clone(), interval)
    }

    async fn send(&self, method: Method) -> Result<(), PushError> {
        let pusher = self.clone();
        let (sender, receiver) = oneshot::channel();
        thread::Builder::new()
            .name("metrics-push".to_owned())
            .spawn(move || {
                // Nobody may wait for it any more.
                let _ = sender.send(pusher.send_blocking(method));
            })
            .map_err(PushError::Thread)?;
        receiver
            .await
            .unwrap_or_else(|_| Err(PushError::Thread(io::Error::other("the thread panicked"))))
    }

    fn send_blocking(&self, method: Method) -> Result<(), PushError> {
        let metrics = instance::global().map_err(PushError::Config)?;
        if !metrics.config().enabled {
            return Ok(());
        }
        if method == Method::Delete {
            return self.0.send(method, "");
        }
        // A collector in the registry is foreign code.
        let text = catch_unwind(AssertUnwindSafe(|| {
            overwritten::check(metrics.0, self.0.labels())?;
            Ok(expose::render(metrics.0, Format::Text, || {}))
        }))
        .unwrap_or(Err(PushError::CollectorPanicked))?;
        self.0.send(method, &text)
    }
}

impl Method {
    const fn name(self) -> &'static str {
        match self {
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}
