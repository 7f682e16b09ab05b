//! A task's site: options and function together, checked.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{ExprPath, LitStr};

use super::{
    args::Args,
    error_label::ErrorLabel,
    function::{Body, Function},
};
use crate::{
    args::Given,
    diag::Diagnostics,
    site::{check_buckets, check_labels, sound_buckets},
    slo::{DURATION, Slo, read_number},
};

/// Labels of the families of tasks, beside those that no family may have.
const RESERVED: [&str; 4] = ["task", "outcome", "error_type", "objective"];

pub(crate) struct TaskSite {
    pub(crate) krate: TokenStream,
    pub(crate) task: Option<LitStr>,
    pub(crate) labels: Vec<(String, LitStr)>,
    pub(crate) buckets: Option<Vec<f64>>,
    pub(crate) every: Option<f64>,
    pub(crate) error_if: Option<ExprPath>,
    pub(crate) error: Option<ErrorLabel>,
    pub(crate) slo: Slo,
}

impl TaskSite {
    /// Checks everything that can be wrong, so that expanding cannot fail.
    pub(crate) fn validate(args: Args, function: &Function, diagnostics: &mut Diagnostics) -> Self {
        check_function(function, diagnostics);
        let krate = match &args.krate {
            Some(given) => given.value.to_token_stream(),
            None => quote!(::metrics_runtime),
        };
        for label in args.labels.iter().flat_map(|given| &given.value) {
            let name = label.name.to_string();
            if RESERVED.contains(&name.as_str()) {
                diagnostics.error(
                    &label.name,
                    format_args!("`{name}` is reserved; the families of tasks use it themselves"),
                );
            }
        }
        let labels = check_labels(args.labels, "run", diagnostics);
        let written = args.buckets.as_ref().map_or(0, |given| given.value.len());
        let buckets = args.buckets.map(|given| check_buckets(&given, diagnostics));
        Self {
            task: args.task.map(|given| check_task(given, diagnostics)),
            labels,
            every: args
                .every
                .and_then(|given| check_every(&given, diagnostics)),
            error_if: args.error_if.map(|given| given.value),
            error: ErrorLabel::of(function),
            slo: args
                .slo
                .map(|given| {
                    let sound = sound_buckets(buckets.as_deref(), written);
                    Slo::check(given, DURATION, sound, diagnostics)
                })
                .unwrap_or_default(),
            buckets,
            krate,
        }
    }
}

fn check_function(function: &Function, diagnostics: &mut Diagnostics) {
    let signature = &function.signature;
    if let Some(token) = &signature.constness {
        diagnostics.error(
            token,
            "a `const fn` may run inside the compiler, where nothing is recorded; remove `const`",
        );
    }
    if matches!(function.body, Body::ForeignFuture(_)) {
        diagnostics.error(
            &signature.output,
            "only making the future would be timed; write `async fn`, or end the body in `async move { .. }` or `Box::pin(async move { .. })`",
        );
    }
    let again = |attribute: &&syn::Attribute| {
        let last = attribute.path().segments.last();
        last.is_some_and(|segment| segment.ident == "instrument_task")
    };
    if let Some(attribute) = function.attributes.iter().find(again) {
        diagnostics.error(
            attribute.path(),
            "`#[instrument_task]` is given twice, so each run would count twice; keep one",
        );
    }
}

fn check_task(given: Given<LitStr>, diagnostics: &mut Diagnostics) -> LitStr {
    if given.value.value().is_empty() {
        diagnostics.error(
            &given.value,
            "an empty value is the same as no label to Prometheus; name the task, or leave `task` out",
        );
    }
    given.value
}

fn check_every(given: &Given<TokenStream>, diagnostics: &mut Diagnostics) -> Option<f64> {
    let seconds = read_number(&given.value).filter(|seconds| *seconds > 0.0 && seconds.is_finite());
    if seconds.is_none() {
        diagnostics.error(
            &given.value,
            "`every` is a number of seconds above 0, as a literal; write `every = 3600.0`",
        );
    }
    seconds
}
