//! Exemplars: the trace of a slow or failed request, beside the number that counts it.
//!
//! [`ConfigBuilder::exemplars`](crate::ConfigBuilder::exemplars) takes a hook that names the trace of a request. `/metrics`
//! then shows, in OpenMetrics, the slowest request of the last minute beside each bucket of
//! `http_request_duration_seconds`, and one beside each `5xx` count of `http_requests_total`:
//!
//! ```text
//! http_request_duration_seconds_bucket{handler="/items",method="GET",le="0.3"} 9 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"} 0.2713 1764000000.123
//! ```
//!
//! docs/traces.md leads from a spike in a graph to the trace behind it.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, RefUnwindSafe, catch_unwind},
    sync::Arc,
};

use actix_web::{HttpRequest, http::header::HeaderName};

pub use crate::trace_id::TraceId;
use crate::{config::ConfigBuilder, hook::TraceHook};

/// The hook as the configuration keeps it.
type Hook = Box<dyn Fn(&HttpRequest) -> Option<TraceId> + Send + Sync + RefUnwindSafe>;

impl ConfigBuilder {
    /// Shows exemplars: the traces of the slowest requests of the last minute. The hook returns the trace of a request,
    /// `None` if it has none or its trace is not sampled. Default: no exemplars.
    ///
    /// The hook runs on the worker, when the response's head is ready and before it is sent: after the handler's future and
    /// inside all middleware. It is called only for a request that is slower than what `/metrics` shows for its bucket, or
    /// finds nothing there from the last minute, and at the head of a streamed response; never for a client that left
    /// (`499`) or a panic. A hook that panics is logged and counts as `None`; one that blocks delays the response.
    ///
    /// ```
    /// use metrics_runtime::{Config, exemplars};
    ///
    /// // The trace that the caller's header names.
    /// let config = Config::builder().exemplars(exemplars::traceparent).build()?;
    ///
    /// // What a middleware of your own left in the request.
    /// use actix_web::HttpMessage;
    /// use exemplars::TraceId;
    /// let config = Config::builder()
    ///     .exemplars(|req| req.extensions().get::<TraceId>().copied())
    ///     .build()?;
    /// # Ok::<(), metrics_runtime::ConfigError>(())
    /// ```
    pub fn exemplars<F>(mut self, hook: F) -> Self
    where
        F: Fn(&HttpRequest) -> Option<TraceId> + Send + Sync + RefUnwindSafe + 'static,
    {
        let hook: Hook = Box::new(hook);
        self.exemplars = Some(Arc::new(hook));
        self
    }
}

/// The trace of a request.
pub(super) fn ask(hook: &TraceHook, req: &HttpRequest) -> Option<TraceId> {
    let hook: &dyn Any = &**hook;
    let hook: &Hook = hook.downcast_ref()?;
    catch_unwind(AssertUnwindSafe(|| hook(req))).unwrap_or_else(|_| {
        log::error!("the exemplars hook panicked; the request was recorded all the same");
        None
    })
}

/// The trace that the request's `traceparent` header names, if it is sampled: the hook for services behind a gateway or a
/// mesh that begins the traces.
///
/// The header is that of [W3C Trace Context](https://www.w3.org/TR/trace-context/), level 1, in any version. `None` if it is
/// absent, malformed, all zeros or not sampled. Whoever sends requests chooses the id, so a service that strangers reach
/// takes it from its own tracer instead.
///
/// ```
/// use actix_web::test::TestRequest;
/// use metrics_runtime::exemplars::traceparent;
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let req = TestRequest::get().insert_header(("traceparent", header)).to_http_request();
/// assert_eq!(traceparent(&req).unwrap().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
///
/// let unsampled = header.replace("-01", "-00");
/// let req = TestRequest::get().insert_header(("traceparent", unsampled)).to_http_request();
/// assert_eq!(traceparent(&req), None);
/// ```
#[must_use]
pub fn traceparent(req: &HttpRequest) -> Option<TraceId> {
    static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
    parse(req.headers().get(&TRACEPARENT)?.as_bytes())
}

/// `version-trace-parent-flags`, each in lowercase hexadecimal digits; more parts only in versions that are not known yet.
fn parse(header: &[u8]) -> Option<TraceId> {
    const SAMPLED: u128 = 1;
    const VERSION_0: u128 = 0;
    const NO_VERSION: u128 = 0xff;
    let (known, more) = header.split_at_checked(55)?;
    // Most headers are not sampled, and then nothing else is read.
    if hex(&known[53..])? & SAMPLED == 0 || [known[2], known[35], known[52]] != [b'-'; 3] {
        return None;
    }
    let is_whole = match hex(&known[..2])? {
        NO_VERSION => false,
        VERSION_0 => more.is_empty(),
        _ => more.first().is_none_or(|next| *next == b'-'),
    };
    let trace = TraceId(hex(&known[3..35])?);
    let parent = hex(&known[36..52])?;
    (is_whole && trace.0 != 0 && parent != 0).then_some(trace)
}

/// The number that lowercase digits are.
fn hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number, digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some((number << 4) | u128::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn sampled_headers_name_their_trace() {
        for header in [
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff",
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03",
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-of-later-versions",
        ] {
            let trace = parse(header.as_bytes()).expect(header);
            assert_eq!(trace.to_string(), TRACE, "{header}");
        }
    }

    #[test]
    fn other_headers_name_none() {
        for header in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-02",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ",
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
            "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-é",
        ] {
            assert_eq!(parse(header.as_bytes()), None, "{header}");
        }
        assert_eq!(parse(b"\xff"), None);
    }
}
