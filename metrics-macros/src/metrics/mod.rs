//! `#[metrics]`: a module of functions without bodies, each of which becomes a metric.
//!
//! The module runs through parse (`module`, `args`), validate (`metric`, with `kind`, `name`, `help`, `label` and
//! `buckets`) and expand (`expand`). A metric that is refused keeps its signature (`fallback`), so that its callers give
//! no second error. `label_value` is the derive for the labels' types.

mod args;
mod buckets;
mod expand;
mod fallback;
mod help;
mod kind;
pub(crate) mod label;
pub(crate) mod label_value;
mod metric;
mod module;
pub(crate) mod name;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use self::{
    args::ModuleArgs,
    metric::{Metric, Names},
    module::{Item, Module},
};
use crate::diag::Diagnostics;

pub(crate) fn metrics(args: TokenStream, item: &TokenStream) -> TokenStream {
    let module = match syn::parse2::<Module>(item.clone()) {
        Ok(module) => module,
        Err(error) => {
            let error = error.to_compile_error();
            return quote!(#error #item);
        }
    };
    let mut diagnostics = Diagnostics::default();
    let args = ModuleArgs::parse(args, &mut diagnostics);
    let mut names = Names::default();
    let items: Vec<TokenStream> = module
        .items
        .iter()
        .map(|item| match item {
            Item::Metric(function) => {
                let imported = module.imports(function);
                let is_repeated = names.has(function);
                match Metric::validate(function, &args, &mut names, &mut diagnostics) {
                    Some(metric) => expand::metric(&metric, &args, imported),
                    // The first of two serves as both.
                    None if is_repeated => TokenStream::new(),
                    None => fallback::metric(function, &args),
                }
            }
            Item::Refused(error, item) => {
                diagnostics.push(error.clone());
                item.clone()
            }
            Item::Other(item) => item.clone(),
        })
        .collect();
    let errors = diagnostics.into_errors();
    let module = expand::module(&module, &items);
    quote!(#errors #module)
}
