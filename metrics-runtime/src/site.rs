//! What the attribute knows of a handler at compile time.

use std::{any::Any, num::NonZeroUsize};

use linkme::distributed_slice;
use once_cell::race::OnceNonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::{
    label_value::{self, LabelKey, Text},
    method::Method,
    slo::{Slo, TimeSlo},
};

/// Every annotated handler of the program, put here by the linker.
#[distributed_slice]
pub static SITES: [Site];

/// One annotated handler: a static made by the attribute's expansion. What every request looks at comes first.
#[repr(C)]
pub struct Site {
    number: OnceNonZeroUsize,
    pub(crate) handler: Option<&'static str>,
    pub(crate) function: &'static str,
    pub(crate) routes: &'static [Route],
    pub(crate) labels: &'static [(&'static str, &'static str)],
    pub(crate) request_labels: &'static [LabelKey],
    pub(crate) buckets: Option<&'static [f64]>,
    pub(crate) slo: Slo,
    pub(crate) error: Option<fn() -> &'static str>,
    errors: Option<EachErrorType>,
    pub(crate) skip: bool,
    #[cfg(debug_assertions)]
    questioned: std::sync::atomic::AtomicBool,
}

impl Site {
    /// A handler whose label is the matched template.
    #[must_use]
    pub const fn new(function: &'static str) -> Self {
        Self {
            function,
            handler: None,
            routes: &[],
            labels: &[],
            request_labels: &[],
            buckets: None,
            slo: Slo::NONE,
            error: None,
            errors: None,
            skip: false,
            number: OnceNonZeroUsize::new(),
            #[cfg(debug_assertions)]
            questioned: std::sync::atomic::AtomicBool::new(false),
        }
    }

    /// The label as a literal.
    #[must_use]
    pub const fn handler(mut self, handler: &'static str) -> Self {
        self.handler = Some(handler);
        self
    }

    /// The resources of the routing attributes on the same function, where the attribute saw them.
    #[must_use]
    pub const fn routes(mut self, routes: &'static [Route]) -> Self {
        self.routes = routes;
        self
    }

    /// Labels of this handler's series, beside those of its families.
    #[must_use]
    pub const fn labels(mut self, labels: &'static [(&'static str, &'static str)]) -> Self {
        self.labels = labels;
        self
    }

    /// Labels whose value each request has its own of.
    #[must_use]
    pub const fn request_labels(mut self, labels: RequestLabels) -> Self {
        self.request_labels = labels.keys;
        self
    }

    /// This handler's latency buckets in seconds.
    #[must_use]
    pub const fn buckets(mut self, buckets: &'static [f64]) -> Self {
        self.buckets = Some(buckets);
        self
    }

    /// So many percent of the requests are answered without a 5xx.
    #[must_use]
    pub const fn availability(mut self, percent: f64) -> Self {
        self.slo.availability = Some(percent);
        self
    }

    /// So many percent of the requests take no longer than so many seconds.
    #[must_use]
    pub const fn latency(mut self, seconds: f64, percent: f64) -> Self {
        self.slo.time = Some(TimeSlo {
            threshold: seconds,
            percent,
        });
        self
    }

    /// Names the handler's return type, where it can be named.
    #[must_use]
    pub const fn returns(mut self, name: fn() -> &'static str) -> Self {
        self.error = Some(name);
        self
    }

    /// Names each error type in the return type, where there are several or one is inside another type.
    #[must_use]
    pub const fn errors(mut self, each: EachErrorType) -> Self {
        self.errors = Some(each);
        self
    }

    /// Never recorded.
    #[must_use]
    pub const fn skip(mut self) -> Self {
        self.skip = true;
        self
    }

    /// A small number of this site's own, given at first use. It is followed by as many that nobody else has as the
    /// labels of its requests have further combinations of values.
    pub(crate) fn number(&self) -> usize {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let give = || {
            let first = NEXT.fetch_add(self.combinations(), Relaxed);
            NonZeroUsize::new(first).expect("fewer sites than addresses")
        };
        self.number.get_or_init(give).get()
    }

    /// How many combinations of values the labels of its requests have.
    pub(crate) fn combinations(&self) -> usize {
        label_value::combinations(self.request_labels).max(1)
    }

    /// Whether nobody has asked about this site before.
    #[cfg(debug_assertions)]
    pub(crate) fn is_first_question(&self) -> bool {
        !self.questioned.swap(true, Relaxed)
    }

    /// Calls `visit` with each error type of a return type that has several, the outermost first.
    pub(crate) fn for_each_error_type(&self, mut visit: impl FnMut(ErrorType)) {
        if let Some(each) = self.errors {
            each(&mut |error_type| {
                if let Some(error_type) = error_type {
                    visit(error_type);
                }
            });
        }
    }

    /// The methods of all its routes.
    pub(crate) fn known_methods(&self) -> impl Iterator<Item = Method> {
        self.routes.iter().flat_map(Route::methods)
    }
}

/// What one routing attribute makes of a handler: a resource with a name and a path of its own.
pub struct Route {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    methods: &'static [&'static str],
}

impl Route {
    /// A resource under the name and the path that actix has for it, scopes left out.
    #[must_use]
    pub const fn new(
        name: &'static str,
        path: &'static str,
        methods: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            path,
            methods,
        }
    }

    pub(crate) fn methods(&self) -> impl Iterator<Item = Method> {
        self.methods.iter().map(|name| Method::from_name(name))
    }
}

/// Calls its argument with each error type of a site, and with `None` for types that are no `Result`.
pub type EachErrorType = fn(&mut dyn FnMut(Option<ErrorType>));

/// An error type in a handler's return type.
#[derive(Clone, Copy)]
pub struct ErrorType {
    /// What the compiler calls a `Result` with it.
    pub(crate) result: fn() -> &'static str,
    /// Whether an error is of this type; `None` where that cannot be told.
    pub(crate) is: Option<fn(&dyn Any) -> bool>,
}

/// The labels of a handler whose value each request has its own of.
#[derive(Clone, Copy)]
pub struct RequestLabels {
    function: &'static str,
    keys: &'static [LabelKey],
}

impl RequestLabels {
    /// Those of the handler `function`.
    #[must_use]
    pub const fn new(function: &'static str, keys: &'static [LabelKey]) -> Self {
        Self { function, keys }
    }

    /// Refuses, while the program is built, more combinations of values than a handler may have.
    ///
    /// # Panics
    /// If there are more than 100, or none.
    #[track_caller]
    pub const fn check(&self) {
        const BUDGET: usize = 100;
        let combinations = label_value::combinations(self.keys);
        assert!(
            combinations > 0,
            "a label has no values, so no request has one; give its type a `COUNT` above 0"
        );
        if combinations > BUDGET {
            let message = Text::new()
                .push("the labels of `")
                .push(self.function)
                .push("` have ")
                .push_number(combinations)
                .push(" combinations of values, and ")
                .push_number(BUDGET)
                .push(" are allowed for a handler; take fewer values, or a metric of its own");
            panic!("{}", message.as_str());
        }
    }
}
