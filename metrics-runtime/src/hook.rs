//! What users may do with each finished request.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, RefUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

/// One request, finished: what the built-in families recorded of it.
///
/// ```
/// use metrics_runtime::Config;
///
/// let config = Config::builder()
///     .on_request(|request| println!("{} took {:?}", request.handler(), request.duration()))
///     .build()?;
/// # Ok::<(), metrics_runtime::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct FinishedRequest {
    pub(crate) handler: String,
    pub(crate) method: &'static str,
    pub(crate) status: u16,
    pub(crate) duration: Duration,
    pub(crate) duration_to_head: Duration,
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
}

impl FinishedRequest {
    /// The `handler` label: the matched template, or the attribute's literal.
    #[must_use]
    pub fn handler(&self) -> &str {
        &self.handler
    }

    /// The `method` label: one of the nine standard methods, or `other`.
    #[must_use]
    pub fn method(&self) -> &str {
        self.method
    }

    /// The status code: with `CatchAll` that of the response that passes it, without what the handler answered. `499` where
    /// there was none, `500` after a panic.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// From the start of extraction to the end of the response body.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// From the start of extraction to the response's head.
    #[must_use]
    pub fn duration_without_streaming(&self) -> Duration {
        self.duration_to_head
    }

    /// Size of the request's body in bytes.
    #[must_use]
    pub fn request_bytes(&self) -> u64 {
        self.request_bytes
    }

    /// Bytes of the response's body that were produced.
    #[must_use]
    pub fn response_bytes(&self) -> u64 {
        self.response_bytes
    }
}

/// What runs with each finished request, and what it wants to see of it before.
#[derive(Clone)]
pub(crate) struct Hook {
    pub(crate) head: Option<HeadHook>,
    pub(crate) finished: Arc<Finished>,
}

/// The second argument is what the head hook returned.
type Finished = dyn Fn(&FinishedRequest, Option<&dyn Any>) + Send + Sync + RefUnwindSafe;

/// What is called at a response's head: a function of the web framework's types, like [`TraceHook`].
pub(crate) type HeadHook = Arc<dyn Any + Send + Sync + RefUnwindSafe>;

/// What the head hooks returned, one for each hook; empty if there was no head.
pub(crate) type Seen = Vec<Option<Box<dyn Any>>>;

/// What names the trace of a request: a function of the web framework's request, whose type is known only where requests
/// come in.
pub(crate) type TraceHook = Arc<dyn Any + Send + Sync + RefUnwindSafe>;

/// Calls the head hooks, each with `call`.
pub(crate) fn see(hooks: &[Hook], call: impl Fn(&HeadHook) -> Option<Box<dyn Any>>) -> Seen {
    if hooks.iter().all(|hook| hook.head.is_none()) {
        return Seen::new();
    }
    let hooks = hooks.iter();
    hooks
        .map(|hook| hook.head.as_ref().and_then(&call))
        .collect()
}

/// Runs every hook; one that panics is logged and stops none of the others.
pub(crate) fn run(hooks: &[Hook], request: &FinishedRequest, seen: Seen) {
    let mut seen = seen.into_iter();
    for hook in hooks {
        let seen = seen.next().flatten();
        // What was seen is dropped in there, because that may panic too.
        let run = move || (hook.finished)(request, seen.as_deref());
        if catch_unwind(AssertUnwindSafe(run)).is_err() {
            log::error!("an on_request hook panicked; the request was recorded all the same");
        }
    }
}
