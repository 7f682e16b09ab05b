//! All that knows of actix-web: requests come in here, records go out.

mod artifacts;
mod body;
mod captured;
mod catch_all;
mod claim;
pub(crate) mod error_types;
pub mod exemplars;
mod handled;
mod head;
mod instrumented;
#[cfg(debug_assertions)]
mod literal;
mod matched;
mod payload;
mod resources;
mod routes;
mod scope;
mod serve;
pub(crate) mod signature;
mod timed;

use std::panic::{AssertUnwindSafe, catch_unwind};

use actix_web::{HttpRequest, http::Method as HttpMethod, rt, web::Data};

use self::matched::Labelled;
pub use self::{
    artifacts::artifacts,
    captured::Captured,
    catch_all::CatchAll,
    instrumented::Instrumented,
    scope::metrics_scope,
    serve::{MetricsServer, serve},
    timed::{Start, Timed},
};
use crate::{
    engine::clock::{self, Tick},
    http::{CacheMiss, Http, Record},
    instance::{self, Metrics},
    method::Method,
    site::Site,
};

/// The metrics a request is recorded in: its `App`'s own, or the process-wide ones.
#[inline]
fn metrics_of(req: &HttpRequest) -> Metrics {
    if !instance::own_metrics_exist() {
        return instance::global_or_off();
    }
    own_metrics_of(req).unwrap_or_else(instance::global_or_off)
}

fn own_metrics_of(req: &HttpRequest) -> Option<Metrics> {
    let own = req.app_data::<Metrics>();
    own.or_else(|| Some(req.app_data::<Data<Metrics>>()?.get_ref()))
        .copied()
}

/// Begins the record of a request to an annotated handler, if it is to be recorded: now, or as of `since`. With a
/// `CatchAll` around the request, it begins when the request got there.
#[inline]
fn begin(
    site: &'static Site,
    combination: Combination,
    req: &HttpRequest,
    since: Option<Tick>,
) -> Record {
    if claim::may_be_claimed() {
        begin_claimed(site, combination, req, since)
    } else {
        begin_unclaimed(site, combination, req, since)
    }
}

#[inline(never)]
fn begin_claimed(
    site: &'static Site,
    combination: Combination,
    req: &HttpRequest,
    since: Option<Tick>,
) -> Record {
    match claim::take(req) {
        Some(claim) => begin_unclaimed(site, combination, req, Some(claim.begun)).claimed(claim),
        None => begin_unclaimed(site, combination, req, since),
    }
}

#[inline]
fn begin_unclaimed(
    site: &'static Site,
    combination: Combination,
    req: &HttpRequest,
    since: Option<Tick>,
) -> Record {
    let method = method_of(req.method());
    let http = metrics_of(req).0.http;
    let label = Labelled {
        req,
        combination: match site.request_labels {
            [] => 0,
            _ => combination_of(http, site, combination, req),
        },
    };
    match http.begin_cached(site, method, &label, since) {
        Ok(record) => record,
        Err(CacheMiss) => begin_slow(http, site, method, label, since),
    }
}

/// Finds which combination of values a request has for the labels of its site.
type Combination = fn(&HttpRequest) -> usize;

/// Calls the functions of the site's labels, unless nothing is recorded. If one panics, the last combination is used for the
/// request, which `other` is part of where there is one.
#[inline(never)]
fn combination_of(
    http: &'static Http,
    site: &'static Site,
    combination: Combination,
    req: &HttpRequest,
) -> usize {
    if !http.config.enabled || site.skip {
        return 0;
    }
    catch_unwind(AssertUnwindSafe(|| combination(req))).unwrap_or_else(|_| {
        log::error!(
            "the label of a request to `{}` panicked; the request is recorded under the last value",
            site.function
        );
        site.combinations() - 1
    })
}

/// With all that has to be looked up: whether to record the request, and under which label.
#[inline(never)]
fn begin_slow(
    http: &'static Http,
    site: &'static Site,
    method: Method,
    label: Labelled<'_>,
    since: Option<Tick>,
) -> Record {
    let req = label.req;
    if !http.config.enabled {
        return Record::default();
    }
    routes::preregister_once(http, req);
    if site.skip {
        return Record::default();
    }
    #[cfg(debug_assertions)]
    literal::question(site, req);
    let begun = since.unwrap_or_else(clock::now);
    http.begin(site, method, begun, label, defer)
}

#[inline]
fn method_of(method: &HttpMethod) -> Method {
    match *method {
        HttpMethod::GET => Method::Get,
        HttpMethod::POST => Method::Post,
        HttpMethod::PUT => Method::Put,
        HttpMethod::DELETE => Method::Delete,
        HttpMethod::HEAD => Method::Head,
        HttpMethod::OPTIONS => Method::Options,
        HttpMethod::CONNECT => Method::Connect,
        HttpMethod::PATCH => Method::Patch,
        HttpMethod::TRACE => Method::Trace,
        _ => Method::Other,
    }
}

/// Runs work on this worker after the current task's turn, in which actix writes the response.
///
/// It runs at once where no task's turn is (a test that drops a response, say), and where the worker is stopping and
/// takes no new tasks.
pub(crate) fn defer(work: Box<dyn FnOnce()>) {
    let work = RunWhenDropped(Some(work));
    if tokio::task::try_id().is_some() && rt::System::is_registered() {
        rt::spawn(async move { drop(work) });
    }
}

struct RunWhenDropped(Option<Box<dyn FnOnce()>>);

impl Drop for RunWhenDropped {
    fn drop(&mut self) {
        if let Some(work) = self.0.take() {
            work();
        }
    }
}
