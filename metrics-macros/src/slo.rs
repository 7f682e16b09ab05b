//! `slo(..)`: the share of good events, in percent, and how long a good one may take. Attributes of handlers and of tasks
//! have it; only the name of what is timed differs.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Lit, Token,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
};

use crate::{
    args::{Given, Opt, set_once, until_comma},
    diag::Diagnostics,
};

/// The objectives as they were written; whether they are sound is for [`Slo::check`].
pub(crate) type SloArg = Vec<Opt>;

/// Sound objectives.
#[derive(Default)]
pub(crate) struct Slo {
    pub(crate) availability: Option<f64>,
    /// A threshold in seconds, and a percentage.
    pub(crate) time: Option<(f64, f64)>,
}

/// What is timed: a request's `latency`, a task's `duration`.
#[derive(Clone, Copy)]
pub(crate) struct Timed {
    pub(crate) name: &'static str,
    pub(crate) example: &'static str,
}

pub(crate) const LATENCY: Timed = Timed {
    name: "latency",
    example: "latency = (0.3, 99)",
};

pub(crate) const DURATION: Timed = Timed {
    name: "duration",
    example: "duration = (60.0, 95)",
};

/// Threshold and percentage of a [`Timed`], as written.
struct TimeArg {
    threshold: TokenStream,
    percent: TokenStream,
}

impl Opt {
    pub(crate) fn slo(&self, timed: Timed) -> syn::Result<SloArg> {
        let example = format!("slo(availability = 99.9, {})", timed.example);
        let list = self.parenthesized(&example)?;
        let objectives = Punctuated::<Opt, Token![,]>::parse_terminated.parse2(list)?;
        Ok(objectives.into_iter().collect())
    }
}

impl Slo {
    /// Checks the objectives; `buckets` are those of a literal list beside them.
    pub(crate) fn check(
        given: Given<SloArg>,
        timed: Timed,
        buckets: Option<&[f64]>,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        if given.value.is_empty() {
            diagnostics.error(
                &given.name,
                format_args!(
                    "`slo` is empty; give `availability`, `{}` or both",
                    timed.name
                ),
            );
        }
        let mut availability = None;
        let mut time = None;
        for objective in given.value {
            let name = objective.name.to_string();
            if name == "availability" {
                set_once(&mut availability, objective, diagnostics, |objective| {
                    objective.equals("availability = 99.9")
                });
            } else if name == timed.name {
                set_once(&mut time, objective, diagnostics, |objective| {
                    read_time(objective, timed)
                });
            } else {
                diagnostics.error(
                    &objective.name,
                    format_args!(
                        "unknown objective `{name}`; known are `availability` and `{}`",
                        timed.name
                    ),
                );
            }
        }
        Self {
            availability: availability
                .and_then(|given: Given<TokenStream>| check_percent(&given.value, diagnostics)),
            time: time.and_then(|given: Given<TimeArg>| {
                let TimeArg { threshold, percent } = &given.value;
                let seconds = check_threshold(threshold, buckets, diagnostics);
                let percent = check_percent(percent, diagnostics);
                seconds.zip(percent)
            }),
        }
    }

    /// `.availability(99.9)` and `.latency(0.3, 99.0)`, as the site's builder takes them.
    pub(crate) fn expand(&self, timed: Timed) -> TokenStream {
        let availability = self.availability.iter();
        let (seconds, percent): (Vec<_>, Vec<_>) = self.time.into_iter().unzip();
        let name = quote::format_ident!("{}", timed.name);
        quote! {
            #(.availability(#availability))* #(.#name(#seconds, #percent))*
        }
    }
}

fn read_time(objective: &Opt, timed: Timed) -> syn::Result<TimeArg> {
    let value = objective.equals(timed.example)?;
    let pair = |input: ParseStream<'_>| {
        let pair;
        syn::parenthesized!(pair in input);
        let threshold = until_comma(&pair)?;
        pair.parse::<Token![,]>()?;
        let percent = until_comma(&pair)?;
        pair.parse::<Option<Token![,]>>()?;
        if threshold.is_empty() || percent.is_empty() || !pair.is_empty() {
            return Err(pair.error(""));
        }
        Ok(TimeArg { threshold, percent })
    };
    pair.parse2(value.clone()).map_err(|_| {
        syn::Error::new_spanned(
            value,
            format_args!(
                "`{}` is a threshold in seconds and a percentage; write `{}`",
                timed.name, timed.example
            ),
        )
    })
}

fn check_percent(tokens: &TokenStream, diagnostics: &mut Diagnostics) -> Option<f64> {
    let percent = read_number(tokens).filter(|percent| *percent > 50.0 && *percent < 100.0);
    if percent.is_none() {
        diagnostics.error(
            tokens,
            "an objective must be a number literal above 50 and below 100; it is a percentage, as in `99.9`",
        );
    }
    percent
}

fn check_threshold(
    tokens: &TokenStream,
    buckets: Option<&[f64]>,
    diagnostics: &mut Diagnostics,
) -> Option<f64> {
    let threshold = read_number(tokens).filter(|seconds| *seconds > 0.0 && seconds.is_finite());
    match (threshold, buckets) {
        (None, _) => diagnostics.error(
            tokens,
            "a threshold must be a number literal, positive, finite and in seconds",
        ),
        (Some(threshold), Some(bounds)) if !bounds.contains(&threshold) => diagnostics.error(
            tokens,
            format_args!(
                "`buckets` has no bound of {threshold}, so what takes longer cannot be counted; add it there, or choose one of its bounds"
            ),
        ),
        (Some(_), _) => {}
    }
    threshold
}

/// The value of a number literal.
pub(crate) fn read_number(tokens: &TokenStream) -> Option<f64> {
    match syn::parse2(tokens.clone()).ok()? {
        Lit::Float(float) => float.base10_parse().ok(),
        Lit::Int(int) => int.base10_parse().ok(),
        _ => None,
    }
}
