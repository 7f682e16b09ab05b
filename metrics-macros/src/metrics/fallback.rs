//! What replaces a metric with mistakes: a function its callers can go on calling, so that one mistake gives one error.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{FnArg, ReturnType, Safety, parse_quote};

use super::{
    args::ModuleArgs,
    expand,
    kind::{Kind, last_ident},
    module::Function,
};

pub(crate) fn metric(function: &Function, module: &ModuleArgs) -> TokenStream {
    let attributes = expand::attributes(function);
    let visibility = &function.visibility;
    let krate = &module.krate;
    let mut signature = function.signature.clone();
    signature.constness = None;
    signature.asyncness = None;
    signature.safety = Safety::Default;
    signature.abi = None;
    signature.variadic = None;
    signature.inputs = signature
        .inputs
        .into_iter()
        .filter(|input| matches!(input, FnArg::Typed(_)))
        .collect();
    signature.output = match &signature.output {
        ReturnType::Type(_, ty) if Kind::from_type(ty).is_some() => {
            let ident = last_ident(ty);
            parse_quote!(-> #krate::#ident)
        }
        _ => parse_quote!(-> #krate::__private::Refused),
    };
    quote! {
        #(#attributes)*
        #[allow(unused, clippy::all)]
        #visibility #signature { loop {} }
    }
}
