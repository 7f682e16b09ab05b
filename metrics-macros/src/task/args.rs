//! The options of `#[instrument_task]`, from tokens. Each may be set once; `site` checks their values.

use proc_macro2::TokenStream;
use syn::{
    ExprPath, Ident, LitStr, Path, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
};

use crate::{
    args::{Given, LabelArg, Opt, error, set_once},
    diag::Diagnostics,
    slo::{DURATION, SloArg},
};

#[derive(Default)]
pub(crate) struct Args {
    pub(crate) task: Option<Given<LitStr>>,
    pub(crate) labels: Option<Given<Vec<LabelArg>>>,
    pub(crate) buckets: Option<Given<Vec<TokenStream>>>,
    pub(crate) every: Option<Given<TokenStream>>,
    pub(crate) error_if: Option<Given<ExprPath>>,
    pub(crate) slo: Option<Given<SloArg>>,
    pub(crate) krate: Option<Given<Path>>,
}

impl Args {
    pub(crate) fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let mut args = Self::default();
        match Punctuated::<TaskOpt, Token![,]>::parse_terminated.parse2(tokens) {
            Ok(options) => {
                for TaskOpt(option) in options {
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
            "task" => set_once(&mut self.task, option, diagnostics, |option| {
                let value = option.equals("task = \"nightly\"")?;
                syn::parse2(value.clone()).map_err(|_| {
                    error(
                        value,
                        "the `task` label must be a string literal; a value per run would make a series per run",
                    )
                })
            }),
            "labels" => set_once(&mut self.labels, option, diagnostics, Opt::labels),
            "buckets" => set_once(&mut self.buckets, option, diagnostics, Opt::buckets),
            "every" => set_once(&mut self.every, option, diagnostics, |option| {
                option.equals("every = 3600.0")
            }),
            "error_if" => set_once(&mut self.error_if, option, diagnostics, |option| {
                let value = option.equals("error_if = Report::is_partial")?;
                syn::parse2(value.clone()).map_err(|_| {
                    error(
                        value,
                        "`error_if` is the path of a function; write `error_if = Report::is_partial`",
                    )
                })
            }),
            "slo" => set_once(&mut self.slo, option, diagnostics, |option| option.slo(DURATION)),
            "crate" => set_once(&mut self.krate, option, diagnostics, Opt::krate),
            _ => diagnostics.error(
                &option.name,
                format_args!(
                    "unknown option `{name}`; known are `task`, `labels`, `buckets`, `every`, `error_if`, `slo` and `crate`"
                ),
            ),
        }
    }
}

/// The message for a missing name shows an option of tasks.
struct TaskOpt(Opt);

impl Parse for TaskOpt {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Ident::peek_any) {
            input.parse().map(Self)
        } else {
            Err(input.error("options have names; write `task = \"nightly\"`"))
        }
    }
}
