//! What actix's routing attributes on the same function say: methods and a path.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Attribute, LitStr, Meta, MetaNameValue, Token,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
};

/// One route: its path, and the methods it accepts.
pub(crate) struct Route {
    pub(crate) path: LitStr,
    pub(crate) methods: Vec<LitStr>,
}

const METHODS: [&str; 9] = [
    "get", "post", "put", "delete", "head", "options", "connect", "patch", "trace",
];

impl Route {
    /// Reads `#[get("/x")]` and its like, and `#[route("/x", method = "GET")]`; other attributes are none.
    pub(crate) fn from_attribute(attribute: &Attribute) -> Option<Self> {
        let name = attribute.path().segments.last()?.ident.to_string();
        let Meta::List(list) = &attribute.meta else {
            return None;
        };
        let parse = |input: ParseStream<'_>| {
            let path: LitStr = input.parse()?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
            Ok((
                path,
                Punctuated::<MetaNameValue, Token![,]>::parse_terminated(input)?,
            ))
        };
        if name != "route" && !METHODS.contains(&name.as_str()) {
            return None;
        }
        let (path, options) = parse.parse2(list.tokens.clone()).ok()?;
        let methods = if name == "route" {
            options
                .into_iter()
                .filter(|option| option.path.is_ident("method"))
                .filter_map(|option| syn::parse2(option.value.into_token_stream()).ok())
                .collect()
        } else {
            vec![LitStr::new(&name.to_uppercase(), path.span())]
        };
        Some(Self { path, methods })
    }
}

/// As it is carried behind other attributes: `"/x" "GET" "POST"`.
impl Parse for Route {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let path = input.parse()?;
        let mut methods = Vec::new();
        while input.peek(LitStr) {
            methods.push(input.parse()?);
        }
        Ok(Self { path, methods })
    }
}

impl ToTokens for Route {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { path, methods } = self;
        tokens.extend(quote!(#path #(#methods)*));
    }
}
