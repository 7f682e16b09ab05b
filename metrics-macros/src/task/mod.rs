//! `#[instrument_task]`: parse (`args`, `function`), validate (`site`), expand (`expand`).
//!
//! Only the body is rewritten. Other attributes see the signature the user wrote, so there is nothing to step behind.

mod args;
mod error_label;
mod expand;
mod function;
mod site;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    diag::Diagnostics,
    fallback,
    task::{args::Args, function::Function, site::TaskSite},
};

pub(crate) fn instrument(args: TokenStream, item: &TokenStream) -> TokenStream {
    let function = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => function,
        Err(error) => return fallback::item(item, &error),
    };
    let mut diagnostics = Diagnostics::default();
    let args = Args::parse(args, &mut diagnostics);
    let site = TaskSite::validate(args, &function, &mut diagnostics);
    match diagnostics.into_errors() {
        // The function is as sound without the attribute as the user wrote it.
        Some(errors) => quote!(#errors #item),
        None => expand::function(&site, function),
    }
}
