//! From sound metrics to functions that return handles. Nothing here can fail.

use proc_macro2::{Delimiter, Group, Literal, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use super::{
    args::ModuleArgs,
    kind::Kind,
    label::Label,
    metric::Metric,
    module::{Function, Module, is_metric},
};

/// The module with its items replaced.
pub(crate) fn module(module: &Module, items: &[TokenStream]) -> TokenStream {
    let Module {
        attributes,
        visibility,
        mod_token,
        ident,
        brace,
        inner_attributes,
        ..
    } = module;
    let mut content = Group::new(Delimiter::Brace, quote!(#(#inner_attributes)* #(#items)*));
    content.set_span(brace.span.join());
    quote!(#(#attributes)* #visibility #mod_token #ident #content)
}

/// A function that returns the handle of a series; inside, the family it belongs to.
pub(crate) fn metric(metric: &Metric<'_>, module: &ModuleArgs, imported: bool) -> TokenStream {
    let Function {
        visibility,
        signature,
        semicolon,
        ..
    } = metric.function;
    let attributes = attributes(metric.function);
    let (fn_token, ident, inputs) = (&signature.fn_token, &signature.ident, &signature.inputs);
    let ty = returned(metric, module, imported);
    let body = if metric.kind == Kind::Info {
        info(metric, module)
    } else {
        family(metric, module)
    };
    // Lints look at where an item begins and ends: both in the user's code.
    let mut body = Group::new(Delimiter::Brace, body);
    body.set_span(semicolon.span);
    quote! {
        #(#attributes)*
        // Who cannot name a label's type cannot count, which may be meant.
        #[allow(private_interfaces)]
        #[inline]
        #visibility #fn_token #ident(#inputs) -> #ty #body
    }
}

/// Ours, whatever else is in scope under that name, unless a path or the module's own `use` says which.
fn returned(metric: &Metric<'_>, module: &ModuleArgs, imported: bool) -> TokenStream {
    let ty = metric.ty;
    let is_bare = matches!(ty, syn::Type::Path(path) if path.path.get_ident().is_some());
    if imported || !is_bare {
        ty.to_token_stream()
    } else {
        let krate = &module.krate;
        quote!(#krate::#ty)
    }
}

fn family(metric: &Metric<'_>, module: &ModuleArgs) -> TokenStream {
    let krate = &module.krate;
    let labels = metric.labels.iter().enumerate().map(|(at, label)| {
        let at = Literal::usize_unsuffixed(at);
        let Label { name, ty, .. } = label;
        quote! {
            impl #krate::__private::Label<#at> for __Labels {
                type Value = #ty;
                const NAME: &'static str = #name;
            }
        }
    });
    let keys: Vec<_> = (0..metric.labels.len())
        .map(|at| {
            let at = Literal::usize_unsuffixed(at);
            quote!(<__Labels as #krate::__private::Label<#at>>)
        })
        .collect();
    let idents = metric.labels.iter().map(|label| label.ident);
    let list = (!keys.is_empty()).then(|| quote!(.labels(&[#(#keys::KEY),*])));
    let labels_type = (!keys.is_empty()).then(|| {
        quote!(
            struct __Labels;
        )
    });
    let description = description(metric, module, list.as_ref());
    let budget = metric.budget;
    let check = quote_spanned! {metric.function.signature.ident.span()=>
        const _: () = __DESCRIPTION.check_series(#budget);
    };
    let (family, variant) = variant(metric.kind);
    let handle = handle(metric, quote!(__index));
    let more = match metric.kind {
        Kind::Histogram => {
            let (buckets, zero) = (&metric.buckets, metric.zero);
            quote!(, &[#(#buckets),*], #zero)
        }
        Kind::Summary => {
            let zero = metric.zero;
            quote!(, #zero)
        }
        _ => TokenStream::new(),
    };
    let registered = registered(krate, &variant);
    quote! {
        #labels_type
        #(#labels)*
        const __DESCRIPTION: #krate::__private::Description = #description;
        #check
        static __FAMILY: #krate::__private::#family =
            #krate::__private::#family::new(__DESCRIPTION #more);
        #registered
        let __index = 0;
        #(let __index = #keys::index(__index, #idents);)*
        #handle
    }
}

/// The function's last expression, on the token of its type: where that is another crate's, so says the compiler.
fn handle(metric: &Metric<'_>, series: TokenStream) -> TokenStream {
    let span = metric.ty.span();
    let mut arguments = Group::new(Delimiter::Parenthesis, series);
    arguments.set_span(span);
    quote_spanned!(span=> __FAMILY.series #arguments)
}

/// The one family whose labels are texts, which it holds.
fn info(metric: &Metric<'_>, module: &ModuleArgs) -> TokenStream {
    let krate = &module.krate;
    let names = metric.labels.iter().map(|label| &label.name);
    let idents = metric.labels.iter().map(|label| label.ident);
    let description = description(metric, module, None);
    let (family, variant) = variant(metric.kind);
    let registered = registered(krate, &variant);
    let handle = handle(metric, quote!(&[#(#idents),*]));
    quote! {
        static __FAMILY: #krate::__private::#family =
            #krate::__private::#family::new(#description, &[#(#names),*]);
        #registered
        #handle
    }
}

fn description(
    metric: &Metric<'_>,
    module: &ModuleArgs,
    labels: Option<&TokenStream>,
) -> TokenStream {
    let krate = &module.krate;
    let (name, help) = (&metric.name, &metric.help);
    let unit = metric.unit.map(|unit| quote!(.unit(#unit)));
    let constant = (!module.labels.is_empty()).then(|| {
        let pairs = module
            .labels
            .iter()
            .map(|(name, value)| quote!((#name, #value)));
        quote!(.constant(&[#(#pairs),*]))
    });
    let place = quote_spanned! {metric.function.signature.ident.span()=>
        ::core::file!(), ::core::line!()
    };
    quote! {
        #krate::__private::Description::new(#name, #help, #place) #unit #labels #constant
    }
}

fn registered(krate: &TokenStream, variant: &TokenStream) -> TokenStream {
    quote! {
        #[#krate::__private::linkme::distributed_slice(#krate::__private::FAMILIES)]
        #[linkme(crate = #krate::__private::linkme)]
        static __REGISTERED: #krate::__private::Family =
            #krate::__private::Family::#variant(&__FAMILY);
    }
}

fn variant(kind: Kind) -> (TokenStream, TokenStream) {
    match kind {
        Kind::Counter => (quote!(CounterFamily), quote!(Counter)),
        Kind::FloatCounter => (quote!(FloatCounterFamily), quote!(FloatCounter)),
        Kind::Gauge => (quote!(GaugeFamily), quote!(Gauge)),
        Kind::UpDown => (quote!(UpDownFamily), quote!(UpDown)),
        Kind::Histogram => (quote!(HistogramFamily), quote!(Histogram)),
        Kind::Summary => (quote!(SummaryFamily), quote!(Summary)),
        Kind::Info => (quote!(InfoFamily), quote!(Info)),
    }
}

/// Those of the function but for our own.
pub(crate) fn attributes(function: &Function) -> impl Iterator<Item = &syn::Attribute> {
    function
        .attributes
        .iter()
        .filter(|attribute| !is_metric(attribute))
}
