//! A histogram's bounds.

use proc_macro2::TokenStream;
use syn::Lit;

use crate::{args::Given, diag::Diagnostics};

pub(crate) fn check(given: &Given<Vec<TokenStream>>, diagnostics: &mut Diagnostics) -> Vec<f64> {
    if given.value.is_empty() {
        diagnostics.error(&given.name, "`buckets` is empty; give at least one bound");
    }
    let mut bounds: Vec<f64> = Vec::new();
    for tokens in &given.value {
        match read(tokens) {
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

fn read(tokens: &TokenStream) -> Result<f64, &'static str> {
    const NO_LITERAL: &str =
        "a bound must be a finite number, written as a literal; `+Inf` is always added";
    if tokens.to_string().starts_with('-') {
        return Err(
            "a bound must not be negative: negative values would make the sum fall; record the amount as a `Gauge`",
        );
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
