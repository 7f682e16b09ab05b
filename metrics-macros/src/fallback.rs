//! What stands for a handler we cannot rewrite: its errors, and a function of the same name that can still be mounted,
//! so that one mistake gives one error.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{ReturnType, Type, parse_quote};

use crate::handler::Handler;

pub(crate) fn handler(handler: Handler, errors: &TokenStream) -> TokenStream {
    let Handler {
        attributes,
        visibility,
        mut signature,
        body,
    } = handler;
    let returns_nothing = match &signature.output {
        ReturnType::Default => true,
        ReturnType::Type(_, ty) => matches!(&**ty, Type::Tuple(tuple) if tuple.elems.is_empty()),
    };
    if signature.asyncness.is_some() && !returns_nothing && signature.inputs.len() <= 16 {
        return quote!(#errors #(#attributes)* #visibility #signature #body);
    }
    // The signature itself would be refused once more, by actix: mount something that is not.
    signature.asyncness = Some(parse_quote!(async));
    if returns_nothing {
        signature.output = parse_quote!(-> &'static str);
    }
    if signature.inputs.len() > 16 {
        signature.inputs.clear();
    }
    quote! {
        #errors
        #(#attributes)*
        #[allow(unused, clippy::all)]
        #visibility #signature { loop {} }
    }
}
