//! From a sound site to tokens. Nothing here can fail.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute, GenericParam, ReturnType, parse_quote};

use crate::{
    args::Args,
    handler::Handler,
    request_label,
    returned::{errors, is_open, nameable_return},
    route::Route,
    site::{Site, krate},
    slo::LATENCY,
};

/// The function again with us behind all other attributes, so that they see what the user wrote.
pub(crate) fn deferred(args: &Args, handler: &Handler) -> TokenStream {
    let Handler {
        attributes,
        visibility,
        signature,
        body,
    } = handler;
    let krate = krate(args);
    let Args {
        routes, written, ..
    } = args;
    let comma = (!written.is_empty()).then(|| quote!(,));
    quote! {
        #(#attributes)*
        #[#krate::instrument_handler(__deferred(#(#routes),*) #comma #written)]
        #visibility #signature #body
    }
}

/// The site, and the function that records around the user's.
pub(crate) fn handler(site: &Site, handler: &Handler) -> TokenStream {
    let declaration = declaration(site, handler);
    let rewritten = if site.keep_args {
        keeping_args(site, handler)
    } else {
        capturing_args(site, handler)
    };
    quote!(#declaration #rewritten)
}

/// A type that names the site, and the static that describes it.
fn declaration(site: &Site, handler: &Handler) -> TokenStream {
    let Site {
        krate,
        handler: label,
        routes,
        labels,
        request_labels,
        buckets,
        slo,
        skip,
        ..
    } = site;
    let visibility = &handler.visibility;
    let name = site_name(site, handler);
    // The initializer names the user's types, which may name any constant of theirs.
    let site_static = format_ident!("__SITE_{}", handler.signature.ident);
    let function = handler.signature.ident.to_string();
    let function = function.trim_start_matches("r#");
    let label = label.iter();
    let routes = (!routes.is_empty()).then(|| {
        let routes = routes.iter().map(|route| route_of(krate, handler, route));
        quote!(.routes(&[#(#routes),*]))
    });
    let labels = (!labels.is_empty()).then(|| {
        let pairs = labels.iter().map(|(name, value)| quote!((#name, #value)));
        quote!(.labels(&[#(#pairs),*]))
    });
    let request = request_label::expand(request_labels, krate, &name, &handler.signature.ident);
    let request_label::Expansion {
        site: of_requests,
        method,
        items,
    } = request;
    let buckets = buckets
        .iter()
        .map(|bounds| quote!(.buckets(&[#(#bounds),*])));
    let slo = slo.expand(LATENCY);
    let type_name =
        nameable_return(handler).map(|ty| quote!(.returns(::core::any::type_name::<#ty>)));
    let errors = errors(krate, handler);
    let takes = checked_arguments(site, handler).then(|| takes(krate, &name, handler));
    let returns = checked_return(handler).then(|| {
        let ty = returned(handler);
        quote! {
            impl #krate::__private::Returns<#ty> for #name {
                type Returned = #ty;
            }
        }
    });
    let skip = skip.then(|| quote!(.skip()));
    quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #visibility enum #name {}

        const _: () = {
            #[#krate::__private::linkme::distributed_slice(#krate::__private::SITES)]
            #[linkme(crate = #krate::__private::linkme)]
            #[allow(non_upper_case_globals)]
            static #site_static: #krate::__private::Site =
                #krate::__private::Site::new(#function)
                    #(.handler(#label))* #routes #labels #of_requests #(#buckets)* #slo #type_name #errors #skip;

            impl #krate::__private::Annotated for #name {
                fn site() -> &'static #krate::__private::Site {
                    &#site_static
                }
                #method
            }
            #items
            #takes
            #returns
        };
    }
}

/// A resource as actix knows it: named after the function unless it is given a name, its path with a slash in front.
fn route_of(krate: &TokenStream, handler: &Handler, route: &Route) -> TokenStream {
    let Route {
        path,
        name,
        methods,
    } = route;
    let name = match name {
        Some(name) => name.value(),
        // With the `r#` of a raw one.
        None => handler.signature.ident.to_string(),
    };
    let mut path = path.value();
    if !path.is_empty() && !path.starts_with('/') {
        path.insert(0, '/');
    }
    quote!(#krate::__private::Route::new(#name, #path, &[#(#methods),*]))
}

/// Whether the arguments can be checked here: generic ones only where the handler is mounted, kept ones by actix.
fn checked_arguments(site: &Site, handler: &Handler) -> bool {
    let types = handler.argument_types();
    !site.keep_args
        && !types.is_empty()
        && handler.signature.generics.params.is_empty()
        && !types.into_iter().any(is_open)
}

fn checked_return(handler: &Handler) -> bool {
    let ReturnType::Type(_, ty) = &handler.signature.output else {
        return false;
    };
    handler.signature.generics.params.is_empty() && !is_open(ty)
}

/// Names every parameter's type once more, as an associated type that must be an extractor.
fn takes(krate: &TokenStream, name: &Ident, handler: &Handler) -> TokenStream {
    let types = handler.argument_types();
    let takes = format_ident!("Takes{}", types.len());
    let letters = ('A'..='P').map(|letter| format_ident!("{letter}"));
    quote! {
        impl #krate::__private::#takes<#(#types),*> for #name {
            #(type #letters = #types;)*
        }
    }
}

/// The site as the signature names it, for what is checked only where the handler is mounted if not `checked`.
fn site_type(krate: &TokenStream, name: &Ident, checked: bool) -> TokenStream {
    if checked {
        quote!(#name)
    } else {
        quote!(#krate::__private::Unchecked<#name>)
    }
}

/// The type's name. Where other code calls the handler, the compiler's error is about a `Captured` of this type, so the
/// name has the remedy.
fn site_name(site: &Site, handler: &Handler) -> Ident {
    let ident = &handler.signature.ident;
    if site.keep_args {
        format_ident!("__site_{}", ident, span = handler.span())
    } else {
        format_ident!("__keep_args_to_call_{}", ident, span = handler.span())
    }
}

fn capturing_args(site: &Site, handler: &Handler) -> TokenStream {
    let krate = &site.krate;
    let name = site_name(site, handler);
    let types = handler.argument_types();
    let takes = site_type(
        krate,
        &name,
        types.is_empty() || checked_arguments(site, handler),
    );
    let captured = quote!(#krate::__private::Captured<#takes, (#(#types,)*)>);
    let site = site_type(krate, &name, checked_return(handler));
    let arguments = arguments(handler);
    let captured_argument = local("__captured", handler);
    let call = call(handler);
    let Attributes { outer, inner } = attributes(&handler.attributes);
    let returned = returned(handler);
    let Handler {
        visibility,
        signature,
        body,
        ..
    } = handler;
    let syn::Signature {
        fn_token,
        ident,
        generics,
        ..
    } = signature;
    let where_clause = &generics.where_clause;
    // Lints look at where an item and its signature begin and end: all in the user's code.
    let output = quote_spanned! {handler.span()=>
        impl ::core::future::Future<Output = #krate::__private::Instrumented<#site, #returned>>
    };
    let wrapped = braced(
        body,
        quote! {
            #(#inner)*
            #signature #body

            #captured_argument.call(|(#(#arguments,)*)| #call(#(#arguments),*))
        },
    );
    quote! {
        #(#outer)*
        #visibility #fn_token #ident #generics(#captured_argument: #captured) -> #output #where_clause
        #wrapped
    }
}

fn keeping_args(site: &Site, handler: &Handler) -> TokenStream {
    let krate = &site.krate;
    let site = site_type(krate, &site_name(site, handler), checked_return(handler));
    let call = call(handler);
    let Attributes { outer, inner } = attributes(&handler.attributes);
    let returned = returned(handler);
    let types = handler.argument_types();
    let arguments = arguments(handler);
    let start = local("__start", handler);
    let Handler {
        visibility,
        signature,
        body,
        ..
    } = handler;
    let syn::Signature {
        asyncness,
        fn_token,
        ident,
        generics,
        ..
    } = signature;
    let where_clause = &generics.where_clause;
    let output = quote_spanned! {handler.span()=>
        #krate::__private::Timed<#site, #returned>
    };
    let wrapped = braced(
        body,
        quote! {
            #(#inner)*
            #signature #body

            let #start = #krate::__private::Start::now();
            #start.finish(#call(#(#arguments),*).await)
        },
    );
    quote! {
        #(#outer)*
        #visibility #asyncness #fn_token #ident #generics(#(#arguments: #types),*) -> #output #where_clause
        #wrapped
    }
}

/// A variable that no name of the user's refers to. The user's function is an item in the same block and hides a variable
/// of its name.
fn local(name: &str, handler: &Handler) -> Ident {
    let hidden = handler.signature.ident == name;
    let name = if hidden {
        format!("_{name}")
    } else {
        name.to_owned()
    };
    Ident::new(&name, Span::mixed_site())
}

fn arguments(handler: &Handler) -> Vec<Ident> {
    (0..handler.argument_types().len())
        .map(|index| local(&format!("__argument_{index}"), handler))
        .collect()
}

/// A body with the braces of the user's.
fn braced(body: &Group, statements: TokenStream) -> Group {
    let mut group = Group::new(Delimiter::Brace, statements);
    group.set_span(body.span());
    group
}

/// `name`, with the generic arguments that cannot be inferred.
fn call(handler: &Handler) -> TokenStream {
    let ident = &handler.signature.ident;
    let arguments: Vec<_> = handler
        .signature
        .generics
        .params
        .iter()
        .filter_map(|param| match param {
            GenericParam::Type(param) => Some(&param.ident),
            GenericParam::Const(param) => Some(&param.ident),
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    if arguments.is_empty() {
        quote!(#ident)
    } else {
        quote!(#ident::<#(#arguments),*>)
    }
}

fn returned(handler: &Handler) -> TokenStream {
    match &handler.signature.output {
        ReturnType::Type(_, ty) => quote!(#ty),
        ReturnType::Default => quote!(()),
    }
}

struct Attributes {
    /// Of the function others see: its documentation above all.
    outer: Vec<Attribute>,
    /// Of the user's function: what is said of its code.
    inner: Vec<Attribute>,
}

fn attributes(attributes: &[Attribute]) -> Attributes {
    let of_code = |attribute: &&Attribute| {
        [
            "allow", "warn", "deny", "forbid", "expect", "inline", "cold", "clippy", "rustfmt",
        ]
        .iter()
        .any(|name| attribute.path().segments[0].ident == name)
    };
    let mut outer: Vec<Attribute> = attributes
        .iter()
        .filter(|attribute| !of_code(attribute))
        .cloned()
        .collect();
    // An `allow` may be meant for the signature, which both functions show; an unfulfilled `expect` would warn.
    outer.extend(
        attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("allow"))
            .cloned(),
    );
    // What is captured stays on its worker, as actix has it.
    outer.push(parse_quote!(#[allow(clippy::future_not_send)]));
    // actix wants an `async fn` whether it awaits or not.
    let mut inner = vec![parse_quote!(#[allow(clippy::unused_async)])];
    inner.extend(attributes.iter().filter(of_code).cloned());
    Attributes { outer, inner }
}
