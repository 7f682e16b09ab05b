//! The annotated function, as far as we look into it: its body stays a token tree.

use proc_macro2::{Group, TokenTree};
use syn::{
    Attribute, Signature, Type, Visibility,
    parse::{Parse, ParseStream},
};

use crate::route::Route;

pub(crate) struct Handler {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: Group,
}

impl Parse for Handler {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let not_a_function = |error: syn::Error| {
            syn::Error::new(
                error.span(),
                "not a handler; `#[instrument_handler]` goes on an `async fn`",
            )
        };
        let visibility = input.parse().map_err(not_a_function)?;
        let signature = input.parse().map_err(not_a_function)?;
        match input.parse::<TokenTree>() {
            Ok(TokenTree::Group(body)) => Ok(Self {
                attributes,
                visibility,
                signature,
                body,
            }),
            Ok(other) => Err(syn::Error::new(
                other.span(),
                "a function without a body; `#[instrument_handler]` goes on an `async fn` with one",
            )),
            Err(error) => Err(error),
        }
    }
}

/// Attributes the compiler reads itself: they expand to nothing, so they need not come before us.
const INERT: [&str; 22] = [
    "allow",
    "warn",
    "deny",
    "forbid",
    "expect",
    "doc",
    "inline",
    "cold",
    "must_use",
    "deprecated",
    "track_caller",
    "no_mangle",
    "export_name",
    "link_section",
    "target_feature",
    "coverage",
    "optimize",
    "rustfmt",
    "clippy",
    "rustc",
    "diagnostic",
    "automatically_derived",
];

impl Handler {
    /// Whether other attribute macros (or `cfg`s) are still to be expanded.
    pub(crate) fn has_active_attributes(&self) -> bool {
        self.attributes.iter().any(|attribute| {
            let first = &attribute.path().segments[0].ident;
            INERT.iter().all(|inert| first != inert)
        })
    }

    /// What the routing attributes say that are still to be expanded.
    pub(crate) fn routes(&self) -> Vec<Route> {
        self.attributes
            .iter()
            .filter_map(Route::from_attribute)
            .collect()
    }

    /// The parameters' types; receivers have none of their own.
    pub(crate) fn argument_types(&self) -> Vec<&Type> {
        self.signature
            .inputs
            .iter()
            .filter_map(|input| match input {
                syn::FnArg::Typed(typed) => Some(&*typed.ty),
                syn::FnArg::Receiver(_) => None,
            })
            .collect()
    }

    /// The span of the name, for what is generated on its behalf.
    pub(crate) fn span(&self) -> proc_macro2::Span {
        self.signature.ident.span()
    }
}
