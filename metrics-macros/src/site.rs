//! A handler's site: options and function together, found to be sound.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Lit, LitStr};

use crate::{
    args::{Args, Given, LabelArg},
    diag::Diagnostics,
    handler::Handler,
    label,
    request_label::{self, RequestLabel},
    route::Route,
    signature,
    slo::{LATENCY, Slo},
    template,
};

pub(crate) struct Site {
    pub(crate) krate: TokenStream,
    pub(crate) handler: Option<LitStr>,
    pub(crate) routes: Vec<Route>,
    pub(crate) labels: Vec<(String, LitStr)>,
    pub(crate) request_labels: Vec<RequestLabel>,
    pub(crate) buckets: Option<Vec<f64>>,
    pub(crate) slo: Slo,
    pub(crate) skip: bool,
    pub(crate) keep_args: bool,
}

impl Site {
    /// Checks everything that can be wrong, so that expanding cannot fail.
    pub(crate) fn validate(args: Args, handler: &Handler, diagnostics: &mut Diagnostics) -> Self {
        signature::check(handler, diagnostics);
        check_conflicts(&args, diagnostics);
        let krate = krate(&args);
        // A request that is never recorded must be ours before its extractors run, because they may refuse it. A function
        // with a routing attribute cannot be called anyway.
        let must_capture =
            args.skip.is_some() && !(handler.signature.inputs.is_empty() && args.routes.is_empty());
        let label = args
            .handler
            .map(|given| check_handler(given.value, &args.routes, diagnostics));
        let labels = check_labels(args.labels, "request", diagnostics);
        let request_labels = request_label::check(args.label, &labels, diagnostics);
        let written = args.buckets.as_ref().map_or(0, |given| given.value.len());
        let buckets = args.buckets.map(|given| check_buckets(&given, diagnostics));
        let sound = sound_buckets(buckets.as_deref(), written);
        let slo = args
            .slo
            .map(|given| Slo::check(given, LATENCY, sound, diagnostics));
        Self {
            keep_args: args.keep_args.is_some() && !must_capture,
            handler: label,
            routes: args.routes,
            request_labels,
            labels,
            buckets,
            slo: slo.unwrap_or_default(),
            skip: args.skip.is_some(),
            krate,
        }
    }
}

/// A literal list of so many bounds as it was written: a threshold is not looked for in one that is wrong itself.
pub(crate) fn sound_buckets(bounds: Option<&[f64]>, written: usize) -> Option<&[f64]> {
    bounds.filter(|bounds| !bounds.is_empty() && bounds.len() == written)
}

/// Where the runtime crate is.
pub(crate) fn krate(args: &Args) -> TokenStream {
    match &args.krate {
        Some(given) => given.value.to_token_stream(),
        None => quote!(::metrics_runtime),
    }
}

fn check_conflicts(args: &Args, diagnostics: &mut Diagnostics) {
    if args.skip.is_none() {
        return;
    }
    let useless = [
        args.handler.as_ref().map(|given| &given.name),
        args.labels.as_ref().map(|given| &given.name),
        args.label.as_ref().map(|given| &given.name),
        args.buckets.as_ref().map(|given| &given.name),
        args.slo.as_ref().map(|given| &given.name),
    ];
    for name in useless.into_iter().flatten() {
        diagnostics.error(
            name,
            format_args!("`{name}` has no effect beside `skip`, which records nothing; remove one"),
        );
    }
}

fn check_handler(label: LitStr, routes: &[Route], diagnostics: &mut Diagnostics) -> LitStr {
    if let Some(fault) = template::fault(&label.value()) {
        diagnostics.error(&label, fault);
    } else if let Some(route) = routes
        .iter()
        .find(|route| !template::fits(&label.value(), &route.path.value()))
    {
        diagnostics.error(
            &label,
            format_args!(
                "`{}` contradicts the route `{}` of this function; end the label in the route's path, or leave `handler` out",
                label.value(),
                route.path.value()
            ),
        );
    }
    label
}

/// Checks `labels(..)`; `event` is the noun for what is counted under them.
pub(crate) fn check_labels(
    given: Option<Given<Vec<LabelArg>>>,
    event: &str,
    diagnostics: &mut Diagnostics,
) -> Vec<(String, LitStr)> {
    let Some(given) = given else {
        return Vec::new();
    };
    if given.value.is_empty() {
        diagnostics.error(
            &given.name,
            "`labels` is empty; name a label, or leave it out",
        );
    }
    let mut labels: Vec<(String, LitStr)> = Vec::new();
    for LabelArg { name, value } in given.value {
        // Names that are no identifiers, like `9lives` or `team-name`, are several tokens or a literal.
        let text = name.to_string().replace(' ', "");
        let text = text.trim_start_matches("r#").to_owned();
        if let Some(fault) = label::name_fault(&text) {
            diagnostics.error(&name, fault);
        } else if labels.iter().any(|(known, _)| *known == text) {
            diagnostics.error(
                &name,
                format_args!("label `{text}` is given twice; keep one"),
            );
        }
        if value.is_empty() {
            diagnostics.error(
                name,
                format_args!("label `{text}` has no value; write `{text} = \"..\"`"),
            );
            continue;
        }
        match syn::parse2::<LitStr>(value.clone()) {
            Ok(literal) if literal.value().is_empty() => diagnostics.error(
                literal,
                "an empty value is the same as no label to Prometheus; give one, or leave the label out",
            ),
            Ok(literal) => labels.push((text, literal)),
            Err(_) => diagnostics.error(
                value,
                format_args!(
                    "a label's value must be a string literal; a value per {event} would make a series per {event}"
                ),
            ),
        }
    }
    labels
}

pub(crate) fn check_buckets(
    given: &Given<Vec<TokenStream>>,
    diagnostics: &mut Diagnostics,
) -> Vec<f64> {
    if given.value.is_empty() {
        diagnostics.error(
            &given.name,
            "`buckets` is empty; give at least one bound in seconds",
        );
    }
    let mut bounds: Vec<f64> = Vec::new();
    for tokens in &given.value {
        match read_bound(tokens) {
            Err(fault) => diagnostics.error(tokens, fault),
            Ok(bound) => {
                match bounds.last() {
                    Some(last) if *last >= bound => diagnostics.error(
                        tokens,
                        format_args!("bounds must increase, but {bound} follows {last}"),
                    ),
                    _ => {}
                }
                bounds.push(bound);
            }
        }
    }
    bounds
}

pub(crate) fn read_bound(tokens: &TokenStream) -> Result<f64, &'static str> {
    const NO_LITERAL: &str =
        "a bound must be a number literal, finite and in seconds; `+Inf` is always added";
    let text = tokens.to_string();
    if text.starts_with('-') {
        return Err("a bound must not be negative; nothing takes less than no time");
    }
    let bound: f64 = match syn::parse2(tokens.clone()) {
        Ok(Lit::Float(float)) => float.base10_parse(),
        Ok(Lit::Int(int)) => int.base10_parse(),
        _ => return Err(NO_LITERAL),
    }
    .map_err(|_| NO_LITERAL)?;
    if bound.is_finite() {
        Ok(bound)
    } else {
        Err(NO_LITERAL)
    }
}
