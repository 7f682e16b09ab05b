//! What stands for a handler we cannot rewrite: its errors, and a function of the same name that can still be mounted,
//! so that one mistake gives one error.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{FnArg, Safety, parse_quote};

use crate::{handler::Handler, signature};

/// Stands for what is no function.
pub(crate) fn item(item: &TokenStream, error: &syn::Error) -> TokenStream {
    let error = error.to_compile_error();
    quote!(#error #item)
}

/// Stands for a function with mistakes in the attribute, which leave it as it is, or in its signature.
pub(crate) fn handler(handler: Handler, errors: &TokenStream) -> TokenStream {
    let sound = signature::is_sound(&handler);
    let Handler {
        attributes,
        visibility,
        mut signature,
        body,
    } = handler;
    if sound {
        return quote!(#errors #(#attributes)* #visibility #signature #body);
    }
    // actix would refuse this signature once more: give it one that it takes.
    signature.asyncness = Some(parse_quote!(async));
    signature.safety = Safety::Default;
    signature.inputs = signature
        .inputs
        .into_iter()
        .filter(|input| matches!(input, FnArg::Receiver(_)))
        .collect();
    signature.output = parse_quote!(-> &'static str);
    quote! {
        #errors
        #(#attributes)*
        #[allow(unused, clippy::all)]
        #visibility #signature { loop {} }
    }
}
