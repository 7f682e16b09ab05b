//! `label(tenant: Tenant = tenant_of)`: labels of a handler's series whose values are found in each request, by a function,
//! among those that the compiler knows.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{
    LitStr, Path, Token, Type,
    ext::IdentExt,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
};

use crate::{
    args::{Given, Opt, until_comma},
    diag::Diagnostics,
    metrics::{label, name},
};

const EXAMPLE: &str = "label(tenant: Tenant = tenant_of)";

/// `name: Type = function`; whether these are sound is for [`check`].
pub(crate) struct RequestLabelArg {
    name: Ident,
    ty: Type,
    function: TokenStream,
}

impl Parse for RequestLabelArg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let incomplete = |error: syn::Error| {
            syn::Error::new(
                error.span(),
                format_args!(
                    "a label of requests has a name, a type and a function; write `{EXAMPLE}`"
                ),
            )
        };
        let name = input.call(Ident::parse_any).map_err(incomplete)?;
        input.parse::<Token![:]>().map_err(incomplete)?;
        let ty = input.parse().map_err(incomplete)?;
        input.parse::<Token![=]>().map_err(incomplete)?;
        Ok(Self {
            name,
            ty,
            function: until_comma(input)?,
        })
    }
}

pub(crate) fn read(option: &Opt) -> syn::Result<Vec<RequestLabelArg>> {
    let list = option.parenthesized(EXAMPLE)?;
    let labels = Punctuated::<RequestLabelArg, Token![,]>::parse_terminated.parse2(list)?;
    Ok(labels.into_iter().collect())
}

pub(crate) struct RequestLabel {
    name: String,
    ty: Type,
    function: Path,
}

/// Checks names, types and functions; `constant` are the handler's other labels.
pub(crate) fn check(
    given: Option<Given<Vec<RequestLabelArg>>>,
    constant: &[(String, LitStr)],
    diagnostics: &mut Diagnostics,
) -> Vec<RequestLabel> {
    let Some(given) = given else {
        return Vec::new();
    };
    if given.value.is_empty() {
        diagnostics.error(
            &given.name,
            format_args!("`label` is empty; write `{EXAMPLE}`, or leave it out"),
        );
    }
    let mut labels: Vec<RequestLabel> = Vec::new();
    for RequestLabelArg { name, ty, function } in given.value {
        let text = name::plain(&name);
        if let Some(fault) = label::name_fault(&text) {
            diagnostics.error(&name, fault);
        } else if labels.iter().any(|known| known.name == text)
            || constant.iter().any(|(known, _)| *known == text)
        {
            diagnostics.error(
                &name,
                format_args!("label `{text}` is given twice; keep one"),
            );
        }
        if let Some(fault) = label::type_fault(&ty, None) {
            diagnostics.error(&ty, fault);
        }
        match syn::parse2(function.clone()) {
            Ok(function) => labels.push(RequestLabel {
                name: text,
                ty,
                function,
            }),
            Err(_) if function.is_empty() => diagnostics.error(
                &name,
                format_args!("label `{text}` has no function; write `{EXAMPLE}`"),
            ),
            Err(_) => diagnostics.error(
                function,
                "this is no function's name; write `fn name(req: &HttpRequest) -> Type` beside the handler, and its name here",
            ),
        }
    }
    labels
}

/// What a site with such labels has more.
#[derive(Default)]
pub(crate) struct Expansion {
    /// Of the site's initializer.
    pub(crate) site: TokenStream,
    /// Of the implementation that ties the site's type to the site.
    pub(crate) method: TokenStream,
    /// Beside it.
    pub(crate) items: TokenStream,
}

/// `site` is the site's type, `function` the handler.
pub(crate) fn expand(
    labels: &[RequestLabel],
    krate: &TokenStream,
    site: &Ident,
    function: &Ident,
) -> Expansion {
    if labels.is_empty() {
        return Expansion::default();
    }
    let traits: Vec<_> = (0..labels.len())
        .map(|at| {
            let at = Literal::usize_unsuffixed(at);
            quote!(#krate::__private::Label<#at>)
        })
        .collect();
    let impls = labels.iter().zip(&traits).map(|(label, of)| {
        let RequestLabel { name, ty, .. } = label;
        quote! {
            impl #of for #site {
                type Value = #ty;
                const NAME: &'static str = #name;
            }
        }
    });
    // The user's path means an item, whatever these are called.
    let [request, found, combination] =
        ["request", "found", "combination"].map(|name| Ident::new(name, Span::mixed_site()));
    let steps = labels.iter().zip(&traits).map(|(label, of)| {
        let RequestLabel { ty, function, .. } = label;
        quote! {
            let #found: fn(&#krate::__private::HttpRequest) -> #ty = #function;
            let #combination = <#site as #of>::index(#combination, #found(#request));
        }
    });
    let text = name::plain(function);
    let check = quote_spanned! {function.span()=>
        const _: () = __LABELS.check();
    };
    Expansion {
        site: quote!(.request_labels(__LABELS)),
        method: quote! {
            fn combination(#request: &#krate::__private::HttpRequest) -> usize {
                let #combination = 0;
                #(#steps)*
                #combination
            }
        },
        items: quote! {
            #(#impls)*
            const __LABELS: #krate::__private::RequestLabels =
                #krate::__private::RequestLabels::new(#text, &[#(<#site as #traits>::KEY),*]);
            #check
        },
    }
}
