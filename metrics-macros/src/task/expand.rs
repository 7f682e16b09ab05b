//! From a sound site and its function to tokens. Nothing here can fail.

use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{ReturnType, Type, parse_quote, spanned::Spanned};

use super::{
    error_label::ErrorLabel,
    function::{Body, Function, erase_impl_trait, rewrite_async_block, with_stream},
    site::TaskSite,
};
use crate::slo::DURATION;

/// The function with its body under a record.
pub(crate) fn function(site: &TaskSite, function: Function) -> TokenStream {
    let declaration = declaration(site, &function);
    let task = local("__task");
    let classify = classify(site);
    let poll = |block: TokenStream| quote!(#declaration #task.run(#block, #classify).await);
    let Function {
        attributes,
        visibility,
        signature,
        inner_attributes,
        body,
    } = function;
    let body = match body {
        Body::Plain(body) if signature.asyncness.is_some() => {
            let output = Output::of(&signature.output);
            let fake_return = output.fake_return();
            // The span keeps its place but is of the expansion: `unused_braces` must not warn of these braces.
            let mut inner = body.clone();
            inner.set_span(body.span().resolved_at(Span::mixed_site()));
            let run = poll(quote!(async move { #fake_return #inner }));
            with_stream(&body, output.finish(run))
        }
        Body::Plain(body) | Body::ForeignFuture(body) => {
            let output = Output::of(&signature.output);
            let ty = &output.ty;
            let call = quote!(#declaration #task.call(move || -> #ty #body, #classify));
            with_stream(&body, output.finish(call))
        }
        // The `async` block stays where it is: `#[tracing::instrument]` looks for it too.
        Body::EndsInAsync(body) => {
            let around = |block: &Group| with_stream(block, poll(quote!(async move #block)));
            rewrite_async_block(&body, around).unwrap_or(body)
        }
    };
    let statements = body.stream();
    let body = with_stream(&body, quote!(#(#inner_attributes)* #statements));
    quote!(#(#attributes)* #visibility #signature #body)
}

/// A reference to the static that describes the task.
fn declaration(site: &TaskSite, function: &Function) -> TokenStream {
    let TaskSite {
        krate,
        task,
        labels,
        buckets,
        every,
        error_if,
        error,
        slo,
    } = site;
    let name = match task {
        Some(name) => quote!(#name),
        None => {
            let name = function.signature.ident.to_string();
            let name = name.trim_start_matches("r#");
            quote!(::core::concat!(::core::module_path!(), "::", #name))
        }
    };
    let labels = (!labels.is_empty()).then(|| {
        let pairs = labels.iter().map(|(name, value)| quote!((#name, #value)));
        quote!(.labels(&[#(#pairs),*]))
    });
    let buckets = buckets
        .iter()
        .map(|bounds| quote!(.buckets(&[#(#bounds),*])));
    let every = every.iter();
    let error = error.as_ref().map(|error| match error {
        ErrorLabel::Text(name) => quote!(.error(#name)),
        ErrorLabel::Returned(ty) => quote!(.returns(::core::any::type_name::<#ty>)),
    });
    let error_if = error_if.iter().map(predicate_name);
    let slo = slo.expand(DURATION);
    let local = local("__task");
    quote! {
        let #local = {
            #[#krate::__private::linkme::distributed_slice(#krate::__private::TASKS)]
            #[linkme(crate = #krate::__private::linkme)]
            static TASK: #krate::__private::TaskSite =
                #krate::__private::TaskSite::new(#name)
                    #labels #(#buckets)* #(.every(#every))* #error #(.error_if(#error_if))* #slo;
            &TASK
        };
    }
}

/// A closure that returns how a run has failed, from what it returned.
fn classify(site: &TaskSite) -> TokenStream {
    let krate = &site.krate;
    let returned = local("__returned");
    let or_if = site.error_if.as_ref().map(|predicate| {
        let span = predicate.span();
        let argument = Ident::new("__returned", Span::mixed_site().located_at(span));
        let call = quote_spanned!(span=> #predicate(#argument));
        quote!(.or_if(|| #call))
    });
    quote!(|#returned| #krate::__private::Returned::new(#returned).failure() #or_if)
}

/// `is_partial` of `Report::is_partial`.
fn predicate_name(predicate: &syn::ExprPath) -> String {
    let last = predicate.path.segments.last();
    last.map_or_else(String::new, |segment| segment.ident.to_string())
}

/// A variable that user code can neither see nor shadow.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// What a body returns, as it is written inside another block.
struct Output {
    /// `_` for `impl Trait`, which cannot be written there, and an empty type for `!`.
    ty: Type,
    is_never: bool,
}

impl Output {
    fn of(output: &ReturnType) -> Self {
        let ty = match output {
            ReturnType::Default => parse_quote!(()),
            ReturnType::Type(_, ty) => erase_impl_trait((**ty).clone()),
        };
        if matches!(ty, Type::Never(_)) {
            Self {
                ty: parse_quote!(::core::convert::Infallible),
                is_never: true,
            }
        } else {
            Self {
                ty,
                is_never: false,
            }
        }
    }

    /// Gives an `async` block the type that a function's signature would give its body.
    fn fake_return(&self) -> TokenStream {
        let ty = &self.ty;
        if matches!(ty, Type::Infer(_)) {
            return TokenStream::new();
        }
        let returned = local("__returned");
        quote_spanned! {ty.span()=>
            #[allow(
                unreachable_code,
                clippy::diverging_sub_expression,
                clippy::empty_loop,
                clippy::let_unit_value,
                clippy::let_with_type_underscore,
                clippy::needless_return
            )]
            if false {
                let #returned: #ty = loop {};
                return #returned;
            }
        }
    }

    fn finish(&self, run: TokenStream) -> TokenStream {
        if self.is_never {
            quote!(match { #run } {})
        } else {
            run
        }
    }
}
