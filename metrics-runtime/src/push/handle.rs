//! Pushes at an interval, until they are stopped.

use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use tokio::sync::oneshot;

use super::{PushError, Pusher};

/// Takes the result of the last push.
type Reply = Box<dyn FnOnce(Result<(), PushError>) + Send>;

/// Pushes of [`Pusher::run_every`]. Dropped, they go on until the process ends, but the last values are not pushed.
///
/// Compiled only, because it needs a Pushgateway; `tests/workers` runs the same against one.
///
/// ```no_run
/// use std::time::Duration;
///
/// use metrics_runtime::Pusher;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let pusher = Pusher::builder("http://pushgateway:9091").job("import").build()?;
/// let pushes = pusher.run_every(Duration::from_secs(15));
/// // ...
/// pushes.stop().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct PushHandle {
    pusher: Pusher,
    stop: mpsc::Sender<Reply>,
}

impl PushHandle {
    /// Ends the pushes, with a last one of the values as they are now. One in progress is waited for.
    ///
    /// # Errors
    /// Of the last push, see [`PushError`]. The pushes have ended all the same.
    pub async fn stop(self) -> Result<(), PushError> {
        let (sender, receiver) = oneshot::channel();
        self.send_stop(move |result| {
            let _ = sender.send(result);
        });
        match receiver.await {
            Ok(result) => result,
            Err(_) => self.pusher.push().await,
        }
    }

    /// [`stop`](Self::stop), which blocks the thread: for programs without an executor.
    ///
    /// # Errors
    /// As `stop`.
    pub fn stop_blocking(self) -> Result<(), PushError> {
        let (sender, receiver) = mpsc::channel();
        self.send_stop(move |result| {
            let _ = sender.send(result);
        });
        match receiver.recv() {
            Ok(result) => result,
            Err(_) => self.pusher.push_blocking(),
        }
    }

    /// Drops the reply where there is no thread to take it.
    fn send_stop(&self, reply: impl FnOnce(Result<(), PushError>) + Send + 'static) {
        let _ = self.stop.send(Box::new(reply));
    }
}

pub(super) fn push_every(pusher: Pusher, interval: Duration) -> PushHandle {
    let (stop, stopped) = mpsc::channel();
    let on_thread = pusher.clone();
    let spawned = thread::Builder::new()
        .name("metrics-push".to_owned())
        .spawn(move || run(&on_thread, interval, &stopped));
    if let Err(error) = spawned {
        log::error!("no thread to push metrics from: {error}");
    }
    PushHandle { pusher, stop }
}

fn run(pusher: &Pusher, interval: Duration, stopped: &mpsc::Receiver<Reply>) {
    let mut is_failing = false;
    loop {
        let result = pusher.push_blocking();
        match &result {
            Ok(()) if is_failing => log::info!("metrics are pushed again"),
            Err(error) if !is_failing => log::warn!("metrics were not pushed: {error}"),
            _ => {}
        }
        is_failing = result.is_err();
        match stopped.recv_timeout(interval) {
            Ok(reply) => return reply(pusher.push_blocking()),
            Err(RecvTimeoutError::Timeout) => {}
            // The handle was dropped.
            Err(RecvTimeoutError::Disconnected) => thread::sleep(interval),
        }
    }
}
