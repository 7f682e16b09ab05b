//! What a handler's return type says of its errors.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericArgument, PathArguments, PathSegment, ReturnType, Type};

use crate::handler::Handler;

/// The return type, where it can be named outside the function: without type parameters and `impl Trait`.
///
/// Of a `Result` with an `impl Responder` the error's type is enough.
pub(crate) fn nameable_return(handler: &Handler) -> Option<TokenStream> {
    if !handler.signature.generics.params.is_empty() {
        return None;
    }
    let ReturnType::Type(_, ty) = &handler.signature.output else {
        return None;
    };
    if !is_open(ty) {
        return Some(quote!(#ty));
    }
    let Type::Path(path) = &**ty else {
        return None;
    };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.iter().collect::<Vec<_>>()[..] {
        [_, GenericArgument::Type(error)] if last.ident == "Result" && !is_open(error) => {
            Some(quote!(::core::result::Result<(), #error>))
        }
        _ => None,
    }
}

/// Names the error types where the type of the whole does not: `Result<Result<..>, ..>`, `Either<Result<..>, ..>`.
pub(crate) fn errors(krate: &TokenStream, handler: &Handler) -> Option<TokenStream> {
    if !handler.signature.generics.params.is_empty() {
        return None;
    }
    let ReturnType::Type(_, ty) = &handler.signature.output else {
        return None;
    };
    let mut results = Vec::new();
    find_results(ty, &mut results);
    let is_plain = results.len() == 1 && is_result(ty);
    (!results.is_empty() && !is_plain).then(|| {
        quote! {
            .errors(|__each| {
                use #krate::__private::probing::*;
                #(__each((&&&#krate::__private::Probe::<#results>::NEW).error_type());)*
            })
        }
    })
}

fn is_result(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(is_result_segment))
}

/// By name: `Result`, or an alias like `ApiResult`. Whether it is one, the compiler finds out.
fn is_result_segment(segment: &PathSegment) -> bool {
    segment.ident.to_string().ends_with("Result")
}

/// Every type in `ty` that may be a `Result`, the outermost first; of one that cannot be named, one with the same error.
fn find_results(ty: &Type, found: &mut Vec<TokenStream>) {
    match ty {
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else {
                return;
            };
            let mut arguments = Vec::new();
            if let PathArguments::AngleBracketed(generic) = &last.arguments {
                arguments.extend(generic.args.iter().filter_map(|argument| match argument {
                    GenericArgument::Type(ty) => Some(ty),
                    _ => None,
                }));
            }
            if is_result_segment(last) {
                if !is_open(ty) {
                    found.push(quote!(#ty));
                } else if let [_, error] = arguments[..]
                    && !is_open(error)
                {
                    found.push(quote!(::core::result::Result<(), #error>));
                }
                // What is in the error is not answered with.
                arguments.truncate(1);
            }
            for argument in arguments {
                find_results(argument, found);
            }
        }
        Type::Tuple(tuple) => tuple.elems.iter().for_each(|ty| find_results(ty, found)),
        Type::Paren(inner) => find_results(&inner.elem, found),
        Type::Group(inner) => find_results(&inner.elem, found),
        _ => {}
    }
}

/// Whether a type says not all of itself: `impl Trait`, or an elided lifetime.
pub(crate) fn is_open(ty: &Type) -> bool {
    fn any(tokens: TokenStream) -> bool {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let open = match token {
                TokenTree::Ident(ident) => ident == "impl" || ident == "_",
                TokenTree::Group(group) => any(group.stream()),
                TokenTree::Punct(punct) => match punct.as_char() {
                    '&' => {
                        !matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '\'')
                    }
                    '\'' => matches!(tokens.peek(), Some(TokenTree::Ident(name)) if name == "_"),
                    _ => false,
                },
                TokenTree::Literal(_) => false,
            };
            if open {
                return true;
            }
        }
        false
    }
    any(ty.to_token_stream())
}
