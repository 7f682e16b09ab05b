//! The attributes of `metrics-runtime`: an implementation detail. Depend on that crate, which re-exports them with
//! their documentation.
//!
//! One attribute runs through parse (`args`, `handler`, `place`), validate (`site`) and expand (`expand`); what is
//! wrong is collected (`diag`) and told together, beside a harmless expansion (`fallback`). `task` has the same steps for
//! tasks, `metrics` for business metrics.

mod args;
mod diag;
mod expand;
mod fallback;
mod handler;
mod label;
mod metrics;
mod place;
mod request_label;
mod returned;
mod route;
mod signature;
mod site;
mod slo;
mod task;
mod template;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::{args::Args, diag::Diagnostics, handler::Handler, site::Site};

#[expect(
    missing_docs,
    reason = "the runtime crate documents it, with examples that use both"
)]
#[proc_macro_attribute]
pub fn instrument_handler(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let is_in_impl = || place::is_in_impl(proc_macro::Span::call_site());
    instrument(args.into(), &item.into(), is_in_impl).into()
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
/// | `slo(availability = 99, duration = (60.0, 95))` | 99 % of the runs that are not cancelled end as `ok`, 95 % of all take up to 60 seconds, see [Objectives](#objectives) |
/// | `crate = some::path` | where the runtime crate is, if it was renamed |
///
/// # Objectives
/// Each kind in `slo(..)` has three series, with the labels `task` and `objective` and the task's constant ones, from the
/// start. The configured prefix does not apply to their names: rules for all services read them.
///
/// | family | `objective="availability"` | `objective="duration"` |
/// |---|---|---|
/// | `task_slo_objective_ratio` | the percentage as a ratio | the same |
/// | `task_slo_events_total` | runs that ended as `ok`, `error` or `panic` | every run |
/// | `task_slo_errors_total` | `error` and `panic` | slower than the threshold |
///
/// A cancelled run counts neither as event nor as error of the availability, but for the duration with the time it took.
/// The threshold becomes one of the buckets; a literal list of buckets must have it. Where functions share a `task` label,
/// the strictest objective of each kind holds for all of their runs.
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

fn instrument(
    args: TokenStream,
    item: &TokenStream,
    is_in_impl: impl FnOnce() -> bool,
) -> TokenStream {
    let handler = match syn::parse2::<Handler>(item.clone()) {
        Ok(handler) => handler,
        Err(error) => return fallback::item(item, &error),
    };
    if let Some(error) = place::fault(&handler) {
        return fallback::item(item, &error);
    }
    let mut diagnostics = Diagnostics::default();
    let mut args = Args::parse(args, &mut diagnostics);
    if !args.deferred && handler.signature.receiver().is_none() && is_in_impl() {
        return fallback::method(handler);
    }
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

/// Documented as `metrics_runtime::metrics`.
#[proc_macro_attribute]
pub fn metrics(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    crate::metrics::metrics(args.into(), &item.into()).into()
}

/// Implements the trait of this name for an enum without fields.
#[proc_macro_derive(LabelValue, attributes(label))]
pub fn label_value(item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    crate::metrics::label_value::derive(item.into()).into()
}
