//! The attribute's options, from tokens. Each may be set once; what they mean together is for `site`.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Ident, LitStr, Path, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
    token,
};

use crate::{
    diag::Diagnostics,
    request_label::{self, RequestLabelArg},
    route::Route,
    slo::{LATENCY, SloArg},
};

#[derive(Default)]
pub(crate) struct Args {
    pub(crate) handler: Option<Given<LitStr>>,
    pub(crate) labels: Option<Given<Vec<LabelArg>>>,
    pub(crate) label: Option<Given<Vec<RequestLabelArg>>>,
    pub(crate) buckets: Option<Given<Vec<TokenStream>>>,
    pub(crate) slo: Option<Given<SloArg>>,
    pub(crate) skip: Option<Given<()>>,
    pub(crate) keep_args: Option<Given<()>>,
    pub(crate) krate: Option<Given<Path>>,
    /// Set when we stepped behind other attributes, with the routes among them.
    pub(crate) deferred: bool,
    pub(crate) routes: Vec<Route>,
    /// The options as written, to be repeated when stepping behind.
    pub(crate) written: TokenStream,
}

/// An option's name, for messages about the option, and its value.
pub(crate) struct Given<T> {
    pub(crate) name: Ident,
    pub(crate) value: T,
}

/// `name = value`; whether either is sound is for `site`.
pub(crate) struct LabelArg {
    pub(crate) name: TokenStream,
    pub(crate) value: TokenStream,
}

impl Parse for LabelArg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = until(input, |input| {
            input.peek(Token![=]) || input.peek(Token![,])
        })?;
        let value = if input.parse::<Option<Token![=]>>()?.is_some() {
            until_comma(input)?
        } else {
            TokenStream::new()
        };
        Ok(Self { name, value })
    }
}

impl Args {
    pub(crate) fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let mut args = Self {
            written: tokens.clone(),
            ..Self::default()
        };
        match Punctuated::<Opt, Token![,]>::parse_terminated.parse2(tokens) {
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
            "handler" => set_once(&mut self.handler, option, diagnostics, |option| {
                let value = option.equals("handler = \"/items/{id}\"")?;
                syn::parse2(value.clone()).map_err(|_| {
                    error(value, "the `handler` label must be a string literal; a value per request would make a series per request")
                })
            }),
            "labels" => set_once(&mut self.labels, option, diagnostics, Opt::labels),
            "label" => set_once(&mut self.label, option, diagnostics, request_label::read),
            "buckets" => set_once(&mut self.buckets, option, diagnostics, Opt::buckets),
            "slo" => {
                set_once(&mut self.slo, option, diagnostics, |option| option.slo(LATENCY));
            }
            "skip" => set_once(&mut self.skip, option, diagnostics, |option| option.bare("skip")),
            "keep_args" => {
                set_once(&mut self.keep_args, option, diagnostics, |option| option.bare("keep_args"));
            }
            "crate" => set_once(&mut self.krate, option, diagnostics, Opt::krate),
            "__deferred" => {
                self.deferred = true;
                if let Ok(routes) = option.parenthesized("").and_then(|list| {
                    Punctuated::<Route, Token![,]>::parse_terminated.parse2(list)
                }) {
                    self.routes = routes.into_iter().collect();
                }
            }
            _ => diagnostics.error(
                &option.name,
                format_args!(
                    "unknown option `{name}`; known are `handler`, `labels`, `label`, `buckets`, `slo`, `skip`, `keep_args` and `crate`"
                ),
            ),
        }
    }
}

/// Reads an option into its place, unless it was given before.
pub(crate) fn set_once<T>(
    place: &mut Option<Given<T>>,
    option: Opt,
    diagnostics: &mut Diagnostics,
    read: impl FnOnce(&Opt) -> syn::Result<T>,
) {
    if place.is_some() {
        let message = format_args!("`{}` is given twice; keep one", option.name).to_string();
        return diagnostics.error(&option.name, message);
    }
    match read(&option) {
        Ok(value) => {
            *place = Some(Given {
                name: option.name,
                value,
            });
        }
        Err(error) => diagnostics.push(error),
    }
}

pub(crate) fn error(tokens: impl ToTokens, message: impl std::fmt::Display) -> syn::Error {
    syn::Error::new_spanned(tokens, message)
}

/// `name`, `name = tokens` or `name(tokens)`.
pub(crate) struct Opt {
    pub(crate) name: Ident,
    form: Form,
}

enum Form {
    Bare,
    Equals(TokenStream),
    Parenthesized(TokenStream),
}

impl Parse for Opt {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.call(Ident::parse_any).map_err(|error| {
            syn::Error::new(
                error.span(),
                "options have names; write `handler = \"/items/{id}\"`",
            )
        })?;
        let form = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Form::Equals(until_comma(input)?)
        } else if input.peek(token::Paren) {
            let list;
            syn::parenthesized!(list in input);
            Form::Parenthesized(list.parse()?)
        } else {
            Form::Bare
        };
        Ok(Self { name, form })
    }
}

impl Opt {
    pub(crate) fn equals(&self, example: &str) -> syn::Result<TokenStream> {
        match &self.form {
            Form::Equals(value) if !value.is_empty() => Ok(value.clone()),
            _ => Err(error(
                &self.name,
                format_args!("`{}` needs a value; write `{example}`", self.name),
            )),
        }
    }

    pub(crate) fn parenthesized(&self, example: &str) -> syn::Result<TokenStream> {
        match &self.form {
            Form::Parenthesized(list) => Ok(list.clone()),
            _ => Err(error(
                &self.name,
                format_args!("`{}` needs a list; write `{example}`", self.name),
            )),
        }
    }

    pub(crate) fn labels(&self) -> syn::Result<Vec<LabelArg>> {
        let list = self.parenthesized("labels(team = \"catalog\")")?;
        let labels = Punctuated::<LabelArg, Token![,]>::parse_terminated.parse2(list)?;
        Ok(labels.into_iter().collect())
    }

    pub(crate) fn buckets(&self) -> syn::Result<Vec<TokenStream>> {
        let value = self.equals("buckets = [0.005, 0.025, 0.1]")?;
        let bounds = |input: ParseStream<'_>| {
            let list;
            syn::bracketed!(list in input);
            Punctuated::<Bound, Token![,]>::parse_terminated(&list)
        };
        let bounds = bounds.parse2(value.clone()).map_err(|_| {
            error(
                value,
                "`buckets` is a list of seconds; write `buckets = [0.005, 0.025, 0.1]`",
            )
        })?;
        Ok(bounds.into_iter().map(|bound| bound.0).collect())
    }

    pub(crate) fn krate(&self) -> syn::Result<Path> {
        let value = self.equals("crate = some::path")?;
        let path = |input: ParseStream<'_>| input.call(Path::parse_mod_style);
        path.parse2(value.clone())
            .map_err(|_| error(value, "`crate` is a path; write `crate = some::path`"))
    }

    pub(crate) fn bare(&self, name: &str) -> syn::Result<()> {
        match &self.form {
            Form::Bare => Ok(()),
            _ => Err(error(
                &self.name,
                format_args!("`{name}` takes no value; write `{name}` alone"),
            )),
        }
    }
}

/// A bucket's bound as it was written; whether it is a number is for `site`.
pub(crate) struct Bound(pub(crate) TokenStream);

impl Parse for Bound {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        until_comma(input).map(Self)
    }
}

pub(crate) fn until_comma(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    until(input, |input| input.peek(Token![,]))
}

fn until(
    input: ParseStream<'_>,
    end: impl Fn(ParseStream<'_>) -> bool,
) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !end(input) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}
