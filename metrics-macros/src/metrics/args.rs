//! The options of `#[metrics]` and of `#[metric]`, from tokens. What they mean for a metric is for `metric`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{
    Attribute, LitInt, LitStr, Meta, Path, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
};

use super::name;
use crate::{
    args::{Bound, Given, LabelArg, Opt, set_once},
    diag::Diagnostics,
    site,
};

/// Of the module, for all its metrics.
pub(crate) struct ModuleArgs {
    pub(crate) prefix: Option<String>,
    pub(crate) labels: Vec<(String, LitStr)>,
    /// Where the runtime crate is.
    pub(crate) krate: TokenStream,
}

impl ModuleArgs {
    pub(crate) fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let mut prefix: Option<Given<LitStr>> = None;
        let mut labels: Option<Given<Vec<LabelArg>>> = None;
        let mut krate: Option<Given<Path>> = None;
        for option in options(tokens, diagnostics) {
            match option.name.to_string().as_str() {
                "prefix" => set_once(&mut prefix, option, diagnostics, |option| {
                    let value = option.equals("prefix = \"shop\"")?;
                    syn::parse2(value.clone()).map_err(|_| {
                        syn::Error::new_spanned(
                            value,
                            "`prefix` is a string literal; write `prefix = \"shop\"`",
                        )
                    })
                }),
                "labels" => set_once(&mut labels, option, diagnostics, |option| {
                    let list = option.parenthesized("labels(team = \"checkout\")")?;
                    let labels =
                        Punctuated::<LabelArg, Token![,]>::parse_terminated.parse2(list)?;
                    Ok(labels.into_iter().collect())
                }),
                "crate" => set_once(&mut krate, option, diagnostics, read_crate),
                name => diagnostics.error(
                    &option.name,
                    format_args!(
                        "`#[metrics]` has no option `{name}`; it has `prefix`, `labels` and `crate`"
                    ),
                ),
            }
        }
        Self {
            prefix: prefix.and_then(|given| check_prefix(&given.value, diagnostics)),
            labels: site::check_labels(labels, "event", diagnostics),
            krate: match krate {
                Some(given) => given.value.to_token_stream(),
                None => quote!(::metrics_runtime),
            },
        }
    }
}

fn check_prefix(prefix: &LitStr, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = prefix.value();
    let fault = if name::is_snake_case(&text) {
        name::word_fault(&text)
    } else {
        Some(format!(
            "`{text}` cannot begin a name; a prefix consists of lowercase letters, digits and single `_`, begins with a letter and does not end with `_`"
        ))
    };
    match fault {
        Some(fault) => {
            diagnostics.error(prefix, fault);
            None
        }
        None => Some(text),
    }
}

/// Of one metric.
#[derive(Default)]
pub(crate) struct MetricArgs {
    pub(crate) buckets: Option<Given<Vec<TokenStream>>>,
    pub(crate) zero: Option<Given<()>>,
    pub(crate) series: Option<Given<u32>>,
}

impl MetricArgs {
    pub(crate) fn parse(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Self {
        let mut args = Self::default();
        let Meta::List(list) = &attribute.meta else {
            diagnostics.error(
                attribute.path(),
                "`#[metric]` needs options; write `#[metric(buckets = [0.1, 1.0])]`, or leave it out",
            );
            return args;
        };
        for option in options(list.tokens.clone(), diagnostics) {
            args.set(option, diagnostics);
        }
        args
    }

    fn set(&mut self, option: Opt, diagnostics: &mut Diagnostics) {
        match option.name.to_string().as_str() {
            "buckets" => set_once(&mut self.buckets, option, diagnostics, |option| {
                let value = option.equals("buckets = [0.1, 1.0]")?;
                let bounds = |input: ParseStream<'_>| {
                    let list;
                    syn::bracketed!(list in input);
                    Punctuated::<Bound, Token![,]>::parse_terminated(&list)
                };
                let bounds = bounds.parse2(value.clone()).map_err(|_| {
                    syn::Error::new_spanned(
                        value,
                        "`buckets` is a list of numbers; write `buckets = [0.1, 1.0]`",
                    )
                })?;
                Ok(bounds.into_iter().map(|bound| bound.0).collect())
            }),
            "zero" => set_once(&mut self.zero, option, diagnostics, |option| {
                option.bare("zero")
            }),
            "series" => set_once(&mut self.series, option, diagnostics, |option| {
                let value = option.equals("series = 600")?;
                syn::parse2::<LitInt>(value.clone())
                    .and_then(|literal| literal.base10_parse())
                    .map_err(|_| {
                        syn::Error::new_spanned(
                            value,
                            "`series` is how many series the metric may have; write a number, like `series = 600`",
                        )
                    })
            }),
            name => diagnostics.error(
                &option.name,
                format_args!(
                    "`#[metric]` has no option `{name}`; it has `buckets`, `zero` and `series`"
                ),
            ),
        }
    }
}

/// Options between commas.
fn options(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Vec<Opt> {
    fn named(input: ParseStream<'_>) -> syn::Result<Opt> {
        if input.peek(Ident::peek_any) {
            input.parse()
        } else {
            Err(input.error("options have names; write `name = value`"))
        }
    }
    let parser =
        |input: ParseStream<'_>| Punctuated::<Opt, Token![,]>::parse_terminated_with(input, named);
    match parser.parse2(tokens) {
        Ok(options) => options.into_iter().collect(),
        Err(error) => {
            diagnostics.push(error);
            Vec::new()
        }
    }
}

/// The path of a `crate` option.
pub(crate) fn read_crate(option: &Opt) -> syn::Result<Path> {
    let value = option.equals("crate = some::path")?;
    let path = |input: ParseStream<'_>| input.call(Path::parse_mod_style);
    path.parse2(value.clone()).map_err(|_| {
        syn::Error::new_spanned(value, "`crate` is a path; write `crate = some::path`")
    })
}
