//! Whether actix could call the function at all; whether its types are extractors and a `Responder` is for the compiler.

use quote::ToTokens;
use syn::{Attribute, FnArg, ReturnType, Safety, Type};

use crate::{diag::Diagnostics, handler::Handler};

/// actix implements its handler trait for so many arguments.
const MOST_ARGUMENTS: usize = 16;

pub(crate) fn is_sound(handler: &Handler) -> bool {
    let mut diagnostics = Diagnostics::default();
    check(handler, &mut diagnostics);
    diagnostics.into_errors().is_none()
}

pub(crate) fn check(handler: &Handler, diagnostics: &mut Diagnostics) {
    let signature = &handler.signature;
    if let Some(receiver) = signature.receiver() {
        diagnostics.error(
            receiver,
            "a handler takes no `self`; share state through `web::Data` in a free function",
        );
    }
    if signature.asyncness.is_none() {
        diagnostics.error(
            signature.fn_token,
            "a handler is asynchronous; write `async fn`",
        );
    }
    if let Safety::Unsafe(token) = &signature.safety {
        diagnostics.error(
            token,
            "actix calls no `unsafe fn`; put the `unsafe` block into the handler",
        );
    }
    if let Some(abi) = &signature.abi {
        diagnostics.error(abi, "actix calls functions of Rust; remove the `extern`");
    }
    check_parameters(handler, diagnostics);
    let returns_nothing = match &signature.output {
        ReturnType::Default => Some(signature.ident.to_token_stream()),
        ReturnType::Type(_, ty) => match &**ty {
            Type::Never(never) => Some(never.to_token_stream()),
            Type::Tuple(tuple) if tuple.elems.is_empty() => Some(tuple.to_token_stream()),
            _ => None,
        },
    };
    if let Some(token) = returns_nothing {
        diagnostics.error(
            token,
            "a handler returns a `Responder`; `HttpResponse` for one",
        );
    }
    if let Some(extra) = signature.inputs.iter().nth(MOST_ARGUMENTS) {
        diagnostics.error(
            extra,
            "actix handlers take up to 16 arguments; put some into one extractor, or a tuple",
        );
    }
}

fn check_parameters(handler: &Handler, diagnostics: &mut Diagnostics) {
    let typed = handler
        .signature
        .inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        });
    for parameter in typed {
        if let Type::Reference(reference) = &*parameter.ty
            && reference.lifetime.is_none()
        {
            diagnostics.error(
                reference,
                "a handler's parameter owns what it extracts; take it by value",
            );
        }
        let is_cfg = |attribute: &&Attribute| {
            attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr")
        };
        if let Some(cfg) = parameter.attrs.iter().find(is_cfg) {
            diagnostics.error(
                cfg,
                "a handler's parameter takes no `cfg`; write it on the function, once for each case",
            );
        }
    }
}
