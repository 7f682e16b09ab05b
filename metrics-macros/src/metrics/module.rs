//! The annotated module: metrics are its functions without bodies, everything else stays as it is.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{
    Attribute, ReturnType, Signature, Token, UseTree, Visibility, braced,
    parse::{Parse, ParseStream},
    token,
};

use super::kind;

pub(crate) struct Module {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) mod_token: Token![mod],
    pub(crate) ident: Ident,
    pub(crate) brace: token::Brace,
    pub(crate) inner_attributes: Vec<Attribute>,
    pub(crate) items: Vec<Item>,
    /// The last identifiers of the module's own `use` declarations.
    imports: Vec<Ident>,
}

pub(crate) enum Item {
    Metric(Box<Function>),
    /// A function with `#[metric]` and a body, without the attribute.
    Refused(syn::Error, TokenStream),
    Other(TokenStream),
}

/// A function without a body.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) semicolon: Token![;],
}

impl Parse for Module {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let not_a_module = |error: syn::Error| {
            syn::Error::new(
                error.span(),
                "not a module; `#[metrics]` goes on `mod name { .. }`, with a function without a body for each metric",
            )
        };
        let visibility = input.parse().map_err(not_a_module)?;
        let mod_token = input.parse().map_err(not_a_module)?;
        let ident: Ident = input.parse()?;
        if !input.peek(token::Brace) {
            return Err(syn::Error::new(
                ident.span(),
                "a module in another file, which the attribute cannot read; write the metrics here, in `mod name { .. }`",
            ));
        }
        let content;
        let brace = braced!(content in input);
        let inner_attributes = content.call(Attribute::parse_inner)?;
        let mut items = Vec::new();
        let mut imports = Vec::new();
        while !content.is_empty() {
            let item: syn::Item = content.parse()?;
            if let syn::Item::Use(item) = &item {
                collect_imports(&item.tree, &mut imports);
            }
            items.push(Item::from(item));
        }
        Ok(Self {
            attributes,
            visibility,
            mod_token,
            ident,
            brace,
            inner_attributes,
            items,
            imports,
        })
    }
}

impl Module {
    /// Whether the module has a `use` of its own for the type the function returns.
    pub(crate) fn imports(&self, function: &Function) -> bool {
        let ReturnType::Type(_, ty) = &function.signature.output else {
            return false;
        };
        kind::last_ident(ty).is_some_and(|name| self.imports.contains(name))
    }
}

impl From<syn::Item> for Item {
    fn from(item: syn::Item) -> Self {
        match item {
            syn::Item::Verbatim(tokens) => match syn::parse2(tokens.clone()) {
                Ok(function) => Self::Metric(Box::new(function)),
                Err(_) => Self::Other(tokens),
            },
            syn::Item::Fn(mut function) if function.attrs.iter().any(is_metric) => {
                let error = syn::Error::new(
                    function.block.brace_token.span.open(),
                    "a metric has no body; end its signature with `;`",
                );
                function.attrs.retain(|attribute| !is_metric(attribute));
                Self::Refused(error, function.into_token_stream())
            }
            other => Self::Other(other.into_token_stream()),
        }
    }
}

/// Whether an attribute is `#[metric(..)]`.
pub(crate) fn is_metric(attribute: &Attribute) -> bool {
    attribute.path().is_ident("metric")
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self {
            attributes: input.call(Attribute::parse_outer)?,
            visibility: input.parse()?,
            signature: input.parse()?,
            semicolon: input.parse()?,
        })
    }
}

fn collect_imports(tree: &UseTree, imports: &mut Vec<Ident>) {
    match tree {
        UseTree::Path(path) => collect_imports(&path.tree, imports),
        UseTree::Name(name) => imports.push(name.ident.clone()),
        UseTree::Rename(rename) => imports.push(rename.rename.clone()),
        UseTree::Group(group) => {
            for tree in &group.items {
                collect_imports(tree, imports);
            }
        }
        UseTree::Glob(_) => {}
    }
}
