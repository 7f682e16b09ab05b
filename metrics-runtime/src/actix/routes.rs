//! Zero series: which annotated handlers an `App` mounts, and under which templates.
//!
//! [`preregister`] runs at the first scrape through an `App`, at the first request that reaches its `CatchAll`, and
//! through [`preregister_once`] at a worker's first request to an annotated handler of the `App`. So a page on a port of
//! its own lists a service's handlers after the first request to the service.
//!
//! A site is found by the name and the path that its routing attribute gave the resource. Both together, because
//! functions in two modules may share a name, and a name may belong to a function without the attribute.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    ptr,
};

use actix_web::HttpRequest;
use once_cell::sync::Lazy;

use super::{metrics_of, resources::resources};
use crate::{
    error_type,
    http::Http,
    method::Method,
    site::{Route, SITES, Site},
};

/// Shows at zero the annotated handlers among the resources of a request's `App`, in the metrics that they record in.
///
/// Where handlers in several modules have the name and the path of a resource, only the series that all of them have are
/// shown: which of them is mounted there is known with the first request.
pub(super) fn preregister(req: &HttpRequest) {
    if BY_ROUTE.is_empty() {
        return;
    }
    for resource in resources(req.resource_map()) {
        let route = (resource.name.as_str(), resource.path.as_str());
        let Some([site, others @ ..]) = BY_ROUTE.get(&route).map(Vec::as_slice) else {
            continue;
        };
        if !others.iter().all(|other| have_like_series(site, other)) {
            continue;
        }
        let methods = methods(site, route).filter(|method| {
            others
                .iter()
                .all(|other| methods_include(other, route, *method))
        });
        let errors_agree = others
            .iter()
            .all(|other| error_label(other) == error_label(site));
        // Only once a handler is found, because the process-wide metrics read the environment at their first use.
        let metrics = metrics_of(req);
        if !metrics.config().enabled {
            return;
        }
        metrics.0.http.preregister_as(
            site,
            site.handler.unwrap_or(&resource.template),
            methods,
            site.error.filter(|_| errors_agree),
        );
    }
}

/// Calls [`preregister`] once per thread, `App` and metrics.
///
/// An `App` is identified by the address of its resource map. An `App` that is built at the address of one that the thread
/// dropped is mistaken for it: its handlers are shown from its first scrape or their first request on.
#[inline]
pub(super) fn preregister_once(http: &'static Http, req: &HttpRequest) {
    let app = (
        ptr::from_ref(req.resource_map()).addr(),
        ptr::from_ref(http).addr(),
    );
    if LAST_SEEN.replace(app) != app {
        preregister_unless_seen(app, req);
    }
}

#[cold]
fn preregister_unless_seen(app: (usize, usize), req: &HttpRequest) {
    let is_new = SEEN.with_borrow_mut(|seen| {
        let is_new = !seen.contains(&app);
        if is_new {
            seen.push(app);
        }
        is_new
    });
    if is_new {
        preregister(req);
    }
}

thread_local! {
    static LAST_SEEN: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
    static SEEN: RefCell<Vec<(usize, usize)>> = const { RefCell::new(Vec::new()) };
}

/// The annotated handlers by the name and path of their resources.
static BY_ROUTE: Lazy<BTreeMap<(&str, &str), Vec<&'static Site>>> = Lazy::new(|| {
    let mut sites: BTreeMap<_, Vec<&'static Site>> = BTreeMap::new();
    for site in SITES {
        for Route { name, path, .. } in site.routes {
            let known = sites.entry((*name, *path)).or_default();
            // Several attributes on one function may give it one path with several methods.
            if known.last().is_none_or(|last| !ptr::eq(*last, site)) {
                known.push(site);
            }
        }
    }
    sites
});

fn methods(site: &Site, (name, path): (&str, &str)) -> impl Iterator<Item = Method> {
    site.routes
        .iter()
        .filter(move |route| route.name == name && route.path == path)
        .flat_map(Route::methods)
}

fn methods_include(site: &Site, route: (&str, &str), method: Method) -> bool {
    methods(site, route).any(|known| known == method)
}

/// Whether two handlers' series differ in methods and error types at most.
fn have_like_series(one: &Site, other: &Site) -> bool {
    one.handler == other.handler
        && one.labels == other.labels
        && one.buckets == other.buckets
        && one.skip == other.skip
}

fn error_label(site: &Site) -> Option<String> {
    site.error.and_then(|name| error_type::label(name()))
}
