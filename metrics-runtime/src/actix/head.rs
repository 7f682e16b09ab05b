//! Hooks that see a request and its error when the response's head is ready.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, RefUnwindSafe, catch_unwind},
    sync::Arc,
};

use actix_web::{Error, HttpRequest};

use crate::{
    config::ConfigBuilder,
    hook::{FinishedRequest, HeadHook, Hook},
};

/// The first function as the configuration keeps it.
type See = Box<dyn Fn(&HttpRequest, Option<&Error>) -> Box<dyn Any> + Send + Sync + RefUnwindSafe>;

impl ConfigBuilder {
    /// Adds a hook in two parts. `see` runs when the response's head is ready, with the request (headers, extensions) and the
    /// error that the response was made of; `finished` runs once the request is recorded, as with
    /// [`on_request`](Self::on_request), with what `see` returned.
    ///
    /// `finished` runs once for every recorded request. It gets `None` where no response passed: for a client that left
    /// (`499`), for a panic, and under [`CatchAll`](crate::CatchAll) for an error that a middleware returned instead of a
    /// response. A stream that breaks off had a head, so its value is there.
    ///
    /// `see` runs on the worker after the handler, inside all middleware, and with `CatchAll` where the response passes that;
    /// so it sees the response's error as inner middleware left it. Its time is part of the request's duration. Both
    /// functions run on one thread, so the value need not be `Send`; it is dropped after `finished`. A function that panics
    /// is logged: after `see`, `finished` gets `None`; the response and the other hooks are not affected.
    ///
    /// ```
    /// use actix_web::http::header::USER_AGENT;
    /// use metrics_runtime::Config;
    ///
    /// let config = Config::builder()
    ///     .on_request_with(
    ///         |req, error| {
    ///             let agent = req.headers().get(USER_AGENT).cloned();
    ///             (agent, error.map(ToString::to_string))
    ///         },
    ///         |request, seen| {
    ///             if let Some((agent, Some(error))) = seen {
    ///                 eprintln!("{} {agent:?}: {error}", request.handler());
    ///             }
    ///         },
    ///     )
    ///     .build()?;
    /// # Ok::<(), metrics_runtime::ConfigError>(())
    /// ```
    pub fn on_request_with<T, S, F>(mut self, see: S, finished: F) -> Self
    where
        T: 'static,
        S: Fn(&HttpRequest, Option<&Error>) -> T + Send + Sync + RefUnwindSafe + 'static,
        F: Fn(&FinishedRequest, Option<&T>) + Send + Sync + RefUnwindSafe + 'static,
    {
        let see: See = Box::new(move |req, error| Box::new(see(req, error)));
        self.hooks.push(Hook {
            head: Some(Arc::new(see)),
            finished: Arc::new(move |request, seen| {
                finished(request, seen.and_then(<dyn Any>::downcast_ref));
            }),
        });
        self
    }
}

/// What a hook sees of a request and its response's error; `None` if it panics.
pub(super) fn see(
    hook: &HeadHook,
    req: &HttpRequest,
    error: Option<&Error>,
) -> Option<Box<dyn Any>> {
    let hook: &dyn Any = &**hook;
    let see: &See = hook.downcast_ref()?;
    match catch_unwind(AssertUnwindSafe(|| see(req, error))) {
        Ok(seen) => Some(seen),
        Err(_) => {
            log::error!("an on_request_with hook panicked; the request was recorded all the same");
            None
        }
    }
}
