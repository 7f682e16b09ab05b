//! What replaces a handler that cannot be rewritten: its errors, and a function of the same name that can still be mounted,
//! so that one mistake gives one error.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Attribute, Error, FnArg, Safety, parse_quote};

use crate::{handler::Handler, route::Route, signature};

/// Replaces an item that is no function.
pub(crate) fn item(item: &TokenStream, error: &Error) -> TokenStream {
    let error = error.to_compile_error();
    quote!(#error #item)
}

/// Replaces a function in an `impl` or a `trait`, where no routing attribute works either.
pub(crate) fn method(handler: Handler) -> TokenStream {
    let Handler {
        mut attributes,
        visibility,
        signature,
        body,
    } = handler;
    attributes.retain(|attribute| !is_routing(attribute));
    let error = Error::new(
        Span::call_site(),
        "`#[instrument_handler]` works on free functions; move the handler out of the `impl` or `trait`",
    )
    .to_compile_error();
    quote!(#error #(#attributes)* #visibility #signature #body)
}

/// Replaces a function with mistakes in the attribute, which leave it as it is, or in its signature.
pub(crate) fn handler(handler: Handler, errors: &TokenStream) -> TokenStream {
    let sound = signature::is_sound(&handler);
    let Handler {
        attributes,
        visibility,
        mut signature,
        body,
    } = handler;
    // A function that no attribute mounts may be called by other code, and stays as it is.
    if sound || !attributes.iter().any(is_routing) {
        return quote!(#errors #(#attributes)* #visibility #signature #body);
    }
    // The body stays, so that no import becomes unused.
    let inner = signature
        .receiver()
        .is_none()
        .then(|| quote!(#signature #body));
    // actix would refuse this signature once more: give it one that it takes.
    signature.asyncness = Some(parse_quote!(async));
    signature.abi = None;
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
        #visibility #signature { #inner loop {} }
    }
}

/// Whether an attribute mounts the function.
fn is_routing(attribute: &Attribute) -> bool {
    Route::from_attribute(attribute).is_some()
        || attribute
            .path()
            .segments
            .last()
            .is_some_and(|last| last.ident == "routes")
}
