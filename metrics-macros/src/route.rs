//! What actix's routing attributes on the same function say: name, path and methods of its resources.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Attribute, LitStr, Meta, MetaNameValue, Token,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
};

/// One resource: its name if it has one of its own, its path, and the methods it accepts.
pub(crate) struct Route {
    pub(crate) path: LitStr,
    pub(crate) name: Option<LitStr>,
    pub(crate) methods: Vec<LitStr>,
}

const METHODS: [&str; 10] = [
    "get", "post", "put", "delete", "head", "options", "connect", "patch", "query", "trace",
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
        let values = |name: &str| {
            options
                .iter()
                .filter(|option| option.path.is_ident(name))
                .filter_map(|option| syn::parse2(option.value.to_token_stream()).ok())
                .collect::<Vec<LitStr>>()
        };
        let methods = if name == "route" {
            values("method")
        } else {
            vec![LitStr::new(&name.to_uppercase(), path.span())]
        };
        Some(Self {
            name: values("name").pop(),
            path,
            methods,
        })
    }
}

/// The form in which a route is passed behind other attributes: `"/x" "GET" "POST"`, or `"/x" = "name" "GET"`.
impl Parse for Route {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let path = input.parse()?;
        let name = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        let mut methods = Vec::new();
        while input.peek(LitStr) {
            methods.push(input.parse()?);
        }
        Ok(Self {
            path,
            name,
            methods,
        })
    }
}

impl ToTokens for Route {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            path,
            name,
            methods,
        } = self;
        let name = name.iter();
        tokens.extend(quote!(#path #(= #name)* #(#methods)*));
    }
}
