//! `slo(availability = 99, duration = (60.0, 95))`: the objectives of a task, from tokens to sound numbers.

use proc_macro2::{Ident, TokenStream};
use syn::{
    Token,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
};

use super::site::read_number;
use crate::{
    args::{Given, Opt, error, set_once, until_comma},
    diag::Diagnostics,
};

pub(crate) const EXAMPLE: &str = "slo(availability = 99, duration = (60.0, 95))";

/// Percentages as written, and a threshold in seconds.
#[derive(Default)]
pub(crate) struct Slo {
    pub(crate) availability: Option<f64>,
    pub(crate) duration: Option<(f64, f64)>,
}

#[derive(Default)]
struct SloArgs {
    availability: Option<Given<TokenStream>>,
    duration: Option<Given<[TokenStream; 2]>>,
}

impl Slo {
    /// `buckets` are those the attribute lists, if it lists any.
    pub(crate) fn validate(
        given: Given<TokenStream>,
        buckets: Option<&[f64]>,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let args = SloArgs::parse(given.name, given.value, diagnostics);
        let availability = args
            .availability
            .and_then(|given| read(&given.value, percentage, diagnostics));
        let duration = args.duration.and_then(|given| {
            let [threshold, target] = &given.value;
            let seconds = read(threshold, positive, diagnostics);
            if let (Some(seconds), Some(buckets)) = (seconds, buckets)
                && !buckets.contains(&seconds)
            {
                diagnostics.error(
                    threshold,
                    format_args!(
                        "no bucket ends at {seconds}, so the objective cannot be measured; add {seconds} to `buckets`"
                    ),
                );
            }
            Some((seconds?, read(target, percentage, diagnostics)?))
        });
        Self {
            availability,
            duration,
        }
    }
}

impl SloArgs {
    fn parse(name: Ident, list: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let mut args = Self::default();
        match Punctuated::<Opt, Token![,]>::parse_terminated.parse2(list) {
            Ok(options) if options.is_empty() => diagnostics.error(
                name,
                format_args!("`slo` names no objective; write `{EXAMPLE}`"),
            ),
            Ok(options) => {
                for option in options {
                    args.set(option, diagnostics);
                }
            }
            Err(error) => diagnostics.push(error),
        }
        args
    }

    fn set(&mut self, option: Opt, diagnostics: &mut Diagnostics) {
        let name = option.name.to_string();
        match name.as_str() {
            "availability" => set_once(&mut self.availability, option, diagnostics, |option| {
                option.equals("availability = 99")
            }),
            "duration" => set_once(&mut self.duration, option, diagnostics, |option| {
                let value = option.equals("duration = (60.0, 95)")?;
                let pair = |input: ParseStream<'_>| {
                    let list;
                    syn::parenthesized!(list in input);
                    let threshold = until_comma(&list)?;
                    list.parse::<Token![,]>()?;
                    let target = until_comma(&list)?;
                    list.parse::<Option<Token![,]>>()?;
                    Ok([threshold, target])
                };
                pair.parse2(value.clone()).map_err(|_| {
                    error(
                        value,
                        "`duration` is a pair of seconds and a percentage; write `duration = (60.0, 95)`",
                    )
                })
            }),
            _ => diagnostics.error(
                &option.name,
                format_args!("unknown objective `{name}`; known are `availability` and `duration`"),
            ),
        }
    }
}

fn read(
    tokens: &TokenStream,
    sound: fn(f64) -> Result<(), &'static str>,
    diagnostics: &mut Diagnostics,
) -> Option<f64> {
    let value = read_number(tokens).ok_or("a number literal is needed; write it out, as in `99.9`");
    match value.and_then(|value| sound(value).map(|()| value)) {
        Ok(value) => Some(value),
        Err(fault) => {
            diagnostics.error(tokens, fault);
            None
        }
    }
}

fn percentage(value: f64) -> Result<(), &'static str> {
    if value > 50.0 && value < 100.0 {
        Ok(())
    } else {
        Err("an objective is a percentage above 50 and below 100; write 99.9 for 99.9 %")
    }
}

fn positive(value: f64) -> Result<(), &'static str> {
    if value > 0.0 {
        Ok(())
    } else {
        Err("a run takes some time; give a threshold in seconds above 0")
    }
}
