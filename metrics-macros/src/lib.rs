//! The attributes of `metrics-runtime`: an implementation detail. Depend on that crate, which re-exports them with
//! their documentation.
//!
//! One attribute runs through parse (`args`, `handler`), validate (`site`) and expand (`expand`); what is
//! wrong is collected (`diag`) and told together, beside a harmless expansion (`fallback`). `task` has the same steps for tasks.

mod args;
mod diag;
mod expand;
mod fallback;
mod handler;
mod label;
mod metrics;
mod returned;
mod route;
mod signature;
mod site;
mod task;
mod template;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::{args::Args, diag::Diagnostics, handler::Handler, site::Site};

/// Counts, times and measures the requests of an actix-web handler.
///
/// # Options
/// | option | what it does |
/// |---|---|
/// | none | the `handler` label is the full route template as actix matched it, scopes included |
/// | `handler = "/items/{id}"` | the label is this literal: known before any request, and free at run time |
/// | `labels(team = "catalog")` | more constant labels on this handler's series |
/// | `buckets = [0.005, 0.025, 0.1]` | this handler's latency buckets in seconds, `+Inf` is added |
/// | `skip` | never recorded, not even by `CatchAll` |
/// | `keep_args` | the function keeps its arguments, so that a test can call it; see below |
/// | `crate = some::path` | where the runtime crate is, if it was renamed |
///
/// # What you write and what it becomes
/// ```text
/// #[instrument_handler]                    fn item(captured: Captured<__site_item, (Path<u32>,)>)
/// async fn item(id: Path<u32>)                 -> impl Future<Output = Instrumented<__site_item, String>>
///     -> String { .. }                     { async fn item(id: Path<u32>) -> String { .. }  .. }
/// ```
/// `Captured` is an extractor that runs your extractors; `Instrumented` is a responder that answers with yours. Your
/// function is inside, untouched. Beside it stands a static that says what is known before any request:
///
/// | you write | the static says |
/// |---|---|
/// | `async fn item(..) -> Result<String, Refused>` | `Site::new("item").returns(type_name::<Result<String, Refused>>)` |
/// | `async fn item(..) -> Result<Result<String, Gone>, Refused>` | `.errors(..)` too: which of the two it was |
/// | above `#[get("/items/{id}")]` | `.routes(&[Route::new("item", "/items/{id}", &["GET"])])` |
/// | `handler = "/items/{id}"` | `.handler("/items/{id}")` |
/// | `labels(team = "catalog")` | `.labels(&[("team", "catalog")])` |
/// | `buckets = [0.1, 1]` | `.buckets(&[0.1, 1.0])` |
/// | `skip` | `.skip()` |
///
/// # With other attributes
/// Write it above or below `#[get]` and its like, `#[tracing::instrument]`, `#[utoipa::path]`: if others follow, it
/// steps behind them, so they see the function you wrote. Above a routing attribute it also learns the method, and the
/// handler's series exist at zero before the first request.
///
/// # `keep_args`
/// Only the return type is wrapped, and `into_inner()` unwraps it. The price: the function runs after extraction, so
/// a request whose extraction fails, whose client leaves or whose handler panics is not recorded here but by
/// `CatchAll` alone; the clock starts at the function's first line, or when the request reached `CatchAll`; the gauge moves
/// only while a body is streamed, or under `CatchAll`, which then shows the request without the labels of the attribute.
///
/// Beside `skip`, `keep_args` keeps the arguments only of a function that has none and no routing attribute below ours:
/// for `CatchAll` not to record a request whose extraction fails, extraction must be ours.
///
/// # Errors
/// At compile time, all at once, each on the token that is wrong:
///
/// | what is wrong | what to do |
/// |---|---|
/// | an option is unknown, or given twice, or has a value or list where it should not, or none where it should | write it as in the first table |
/// | `handler`, `labels` or `buckets` beside `skip` | remove one: nothing is recorded |
/// | a label or its value is no string literal | write the text itself: a value per request would make a series per request |
/// | a template does not start with `/`, its braces do not match, or a parameter has no name | write the path as it is mounted |
/// | a template contradicts the routing attribute below | end it in the route's path, with scopes before it, or leave `handler` out |
/// | a label name is illegal, reserved or given twice | letters, digits and `_`, no digit first; not `le`, `quantile`, `handler`, `method`, `status`, `exception_type`, `__..` |
/// | buckets are empty, do not increase, are negative, or no number | bounds in seconds, smallest first; `+Inf` is added |
/// | the function is not `async`, is `unsafe`, takes `self`, borrows a parameter, has more than 16, or returns nothing | write what actix can call: `async fn name(owned: Extractor) -> impl Responder` |
/// | a parameter is no extractor | implement `FromRequest`, or wrap it in one of actix's |
/// | the return type is no `Responder` | return one; of a `Result`, the error implements `ResponseError` |
///
/// The last two are told here unless the types are generic or `impl Trait`; those are told where the handler is
/// mounted. With `keep_args`, parameters are left to actix. A literal that contradicts what actix matched is logged
/// once per handler in debug builds.
///
/// It works on functions, not on those in an `impl` block: there is no place for the static there.
#[proc_macro_attribute]
pub fn instrument_handler(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    instrument(args.into(), &item.into()).into()
}

/// Counts and times the runs of a function or method, `async` or not: a job, a message taken from a queue, a query.
///
/// # Families
/// | family | type | labels | |
/// |---|---|---|---|
/// | `task_runs_total` | counter | `task`, `outcome` | runs that have ended |
/// | `task_duration_seconds` | histogram | `task` | every run, whatever its outcome; buckets from 0.1 to 600 |
/// | `task_inprogress` | gauge | `task` | runs that have begun and not ended |
/// | `task_errors_total` | counter | `task`, `error_type` | runs that ended as `error`, by the type of the error |
/// | `task_last_success_timestamp_seconds` | gauge | `task` | absent until the first run that ended as `ok` |
/// | `task_interval_seconds` | gauge | `task` | with `every` |
///
/// All of them are process-wide, and shown at zero before the first run. `task` is the module path and the name of the
/// function; functions with one name share their series, in the buckets of both.
///
/// | `outcome` | |
/// |---|---|
/// | `ok` | the function returned |
/// | `error` | it returned `Err`, or `error_if` returned `true` |
/// | `panic` | it panicked |
/// | `cancelled` | its future was dropped after the first poll: aborted, timed out, or the loser of a `select!` |
///
/// A run begins at the first poll of a future, or the call of a function. A future that is never polled is no run. A run
/// may end on another thread than it began on.
///
/// # Options
/// | option | what it does |
/// |---|---|
/// | `task = "nightly"` | this literal is the `task` label |
/// | `labels(team = "billing")` | more constant labels on this task's series |
/// | `buckets = [1.0, 60.0]` | this task's buckets in seconds, `+Inf` is added |
/// | `every = 3600.0` | the planned seconds from one run to the next, for alerts on a task that does not run |
/// | `error_if = Report::is_partial` | a `fn(&Returned) -> bool`: whether a run that returned no `Err` failed all the same |
/// | `slo(availability = 99, duration = (60.0, 95))` | 99 % of the runs end as `ok`, 95 % take up to 60 seconds |
/// | `crate = some::path` | where the runtime crate is, if it was renamed |
///
/// # What you write and what it becomes
/// ```text
/// #[instrument_task]               async fn nightly() -> Result<(), Refused> {
/// async fn nightly()                   static TASK: TaskSite = TaskSite::new("shop::nightly").error("Refused");
///     -> Result<(), Refused>           TASK.run(async move { .. }, |returned| ..).await
/// { .. }                           }
/// ```
/// Only the body changes, so the attribute goes above or below any other. Of a function that returns a future, the body
/// must end in `async move { .. }` or `Box::pin(async move { .. })`, which is what `#[async_trait]` makes of an
/// `async fn`.
///
/// # Limits
/// - `error_type` is known before the first error where the signature writes it. The type parameters of an `impl` block
///   around a method are not visible to the attribute: a name of one letter counts as one, and its series appears with
///   the first error.
/// - The body runs in a closure: inside it, `Location::caller()` is the closure's.
/// - `clippy::unsafe_derive_deserialize` warns of a type that derives `Deserialize` and has annotated methods, because
///   `linkme`'s static contains `unsafe`; it has no effect on the type.
///
/// # Errors
/// At compile time, all at once, each on the token that is wrong: an option that is unknown, given twice or without a
/// value; a label or a name that is no string literal; a label the families use themselves; buckets that do not
/// increase; an interval that is not above 0; an objective that is not above 50 and below 100, or whose threshold is not
/// among `buckets`; a `const fn`; a function that returns a future made elsewhere; the attribute given twice, on a type,
/// on an `impl` block, or on a method without a body.
#[proc_macro_attribute]
pub fn instrument_task(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    task::instrument(args.into(), &item.into()).into()
}

fn instrument(args: TokenStream, item: &TokenStream) -> TokenStream {
    let handler = match syn::parse2::<Handler>(item.clone()) {
        Ok(handler) => handler,
        Err(error) => return fallback::item(item, &error),
    };
    let mut diagnostics = Diagnostics::default();
    let mut args = Args::parse(args, &mut diagnostics);
    let others_follow = !args.deferred && handler.has_active_attributes();
    if others_follow {
        args.routes = handler.routes();
    }
    let deferred = others_follow.then(|| expand::deferred(&args, &handler));
    let site = Site::validate(args, &handler, &mut diagnostics);
    match diagnostics.into_errors() {
        Some(errors) => fallback::handler(handler, &errors),
        None => deferred.unwrap_or_else(|| expand::handler(&site, &handler)),
    }
}

/// See `metrics_runtime::metrics`.
#[proc_macro_attribute]
pub fn metrics(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    crate::metrics::metrics(args.into(), &item.into()).into()
}

/// See `metrics_runtime::LabelValue`.
#[proc_macro_derive(LabelValue, attributes(label))]
pub fn label_value(item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    crate::metrics::label_value::derive(item.into()).into()
}
