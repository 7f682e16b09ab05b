//! `#[derive(LabelValue)]`: an enum without fields, whose variants are a label's values.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Fields, Generics, Item, ItemEnum, LitStr, Path, Token, Variant, Visibility,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

use super::args::read_crate;
use crate::{
    args::{Given, Opt, set_once},
    diag::Diagnostics,
};

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let item = match syn::parse2::<Item>(item) {
        Ok(item) => item,
        Err(error) => return error.to_compile_error(),
    };
    let mut diagnostics = Diagnostics::default();
    let krate = krate(attributes(&item), &mut diagnostics);
    let values = match &item {
        Item::Enum(item) => Some(Values::validate(item, &mut diagnostics)),
        Item::Struct(item) => {
            diagnostics.error(item.struct_token, NOT_AN_ENUM);
            None
        }
        Item::Union(item) => {
            diagnostics.error(item.union_token, NOT_AN_ENUM);
            None
        }
        _ => None,
    };
    match (diagnostics.into_errors(), values) {
        (None, Some(values)) => expand(&values, &krate),
        (errors, _) => {
            let fallback = fallback(&item, &krate);
            quote!(#errors #fallback)
        }
    }
}

const NOT_AN_ENUM: &str = "a label's values are known: derive `LabelValue` on an enum without fields, or name them at start-up with `label_values!`";

struct Values<'a> {
    ident: &'a Ident,
    visibility: &'a Visibility,
    variants: Vec<(&'a Ident, String)>,
    /// The variant for every other text.
    other: Option<&'a Ident>,
}

impl<'a> Values<'a> {
    fn validate(item: &'a ItemEnum, diagnostics: &mut Diagnostics) -> Self {
        if !item.generics.params.is_empty() {
            diagnostics.error(
                &item.generics,
                "a label's values are known, and a generic enum's are not; leave the parameters out",
            );
        }
        if item.variants.is_empty() {
            diagnostics.error(
                &item.ident,
                "an enum without variants has no value to show; add one",
            );
        }
        let mut values = Self {
            ident: &item.ident,
            visibility: &item.vis,
            variants: Vec::new(),
            other: None,
        };
        for variant in &item.variants {
            values.add(variant, diagnostics);
        }
        values
    }

    fn add(&mut self, variant: &'a Variant, diagnostics: &mut Diagnostics) {
        if !matches!(variant.fields, Fields::Unit) {
            diagnostics.error(
                &variant.fields,
                "a value per content would make a series per content; leave the fields out",
            );
        }
        let options = Options::parse(&variant.attrs, diagnostics);
        if let Some(given) = &options.other {
            if let Some(other) = self.other {
                diagnostics.error(
                    &given.name,
                    format_args!("`{other}` is `other` already; keep one"),
                );
            }
            self.other = Some(&variant.ident);
        }
        let text = match (&options.text, &options.other) {
            (Some(text), _) => text.value(),
            (None, Some(_)) => "other".to_owned(),
            (None, None) => snake_case(&variant.ident.unraw().to_string()),
        };
        let token = match &options.text {
            Some(text) => text.to_token_stream(),
            None => variant.ident.to_token_stream(),
        };
        if text.is_empty() {
            diagnostics.error(
                token,
                "an empty value is the same as no label to Prometheus; write a text",
            );
        } else if let Some((known, _)) = self.variants.iter().find(|(_, known)| *known == text) {
            diagnostics.error(
                token,
                format_args!(
                    "`{known}` has the value `{text}`, too; write `#[label(\"..\")]` on one"
                ),
            );
        }
        self.variants.push((&variant.ident, text));
    }
}

/// What `#[label(..)]` asks for.
#[derive(Default)]
struct Options {
    text: Option<LitStr>,
    other: Option<Given<()>>,
}

enum LabelOption {
    Text(LitStr),
    Named(Opt),
}

impl Parse for LabelOption {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            input.parse().map(Self::Text)
        } else if input.peek(Ident::peek_any) {
            input.parse().map(Self::Named)
        } else {
            Err(input.error("a label is a text; write `#[label(\"text\")]`, or `#[label(other)]`"))
        }
    }
}

impl Options {
    fn parse(attributes: &[Attribute], diagnostics: &mut Diagnostics) -> Self {
        let mut read = Self::default();
        for option in label_options(attributes, diagnostics) {
            match option {
                LabelOption::Text(text) => {
                    if read.text.is_some() {
                        diagnostics.error(&text, "the value is given twice; keep one");
                    }
                    read.text = Some(text);
                }
                LabelOption::Named(option) if option.name == "other" => {
                    set_once(&mut read.other, option, diagnostics, |option| {
                        option.bare("other")
                    });
                }
                LabelOption::Named(option) => diagnostics.error(
                    &option.name,
                    format_args!(
                        "`#[label]` has no option `{}`; write `#[label(\"text\")]`, or `#[label(other)]`",
                        option.name
                    ),
                ),
            }
        }
        read
    }
}

/// `#[label(crate = some::path)]` on the enum itself.
fn krate(attributes: &[Attribute], diagnostics: &mut Diagnostics) -> TokenStream {
    let mut krate: Option<Given<Path>> = None;
    for option in label_options(attributes, diagnostics) {
        match option {
            LabelOption::Named(option) if option.name == "crate" => {
                set_once(&mut krate, option, diagnostics, read_crate);
            }
            LabelOption::Named(option) => diagnostics.error(
                &option.name,
                format_args!(
                    "`#[label]` on the enum has no option `{}`; it has `crate`",
                    option.name
                ),
            ),
            LabelOption::Text(text) => diagnostics.error(
                text,
                "a text is a variant's; write `#[label(\"text\")]` above the variant",
            ),
        }
    }
    match krate {
        Some(given) => given.value.to_token_stream(),
        None => quote!(::metrics_runtime),
    }
}

fn label_options(attributes: &[Attribute], diagnostics: &mut Diagnostics) -> Vec<LabelOption> {
    let mut options = Vec::new();
    for attribute in attributes {
        if attribute.path().is_ident("label") {
            match attribute.parse_args_with(Punctuated::<_, Token![,]>::parse_terminated) {
                Ok(found) => options.extend(found),
                Err(error) => diagnostics.push(error),
            }
        }
    }
    options
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Enum(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        _ => &[],
    }
}

fn expand(values: &Values<'_>, krate: &TokenStream) -> TokenStream {
    let Values {
        ident,
        visibility,
        variants,
        other,
    } = values;
    let count = variants.len();
    let indices = 0..count;
    let (names, texts): (Vec<_>, Vec<_>) = variants.iter().cloned().unzip();
    let of = other.map(|other| {
        let others = variants.iter().filter(|(name, _)| *name != other);
        let (names, texts): (Vec<_>, Vec<_>) = others.cloned().unzip();
        quote! {
            #[automatically_derived]
            #[allow(dead_code)]
            impl #ident {
                /// The variant whose label is this text, or else the one for every other.
                #[must_use]
                #visibility fn of(text: &str) -> Self {
                    match text {
                        #(#texts => Self::#names,)*
                        _ => Self::#other,
                    }
                }
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #krate::LabelValue for #ident {
            const COUNT: usize = #count;

            #[inline]
            fn index(self) -> usize {
                match self {
                    #(Self::#names => #indices,)*
                }
            }

            fn text(index: usize) -> ::core::option::Option<&'static str> {
                [#(#texts),*].get(index).copied()
            }
        }
        #of
    }
}

/// Replaces a type with mistakes, so that metrics with such a label give no second error.
fn fallback(item: &Item, krate: &TokenStream) -> TokenStream {
    let (ident, generics): (&Ident, &Generics) = match item {
        Item::Enum(item) => (&item.ident, &item.generics),
        Item::Struct(item) => (&item.ident, &item.generics),
        Item::Union(item) => (&item.ident, &item.generics),
        _ => return TokenStream::new(),
    };
    let (implemented, named, clause) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #implemented #krate::LabelValue for #ident #named #clause {
            const COUNT: usize = 1;

            fn index(self) -> usize {
                0
            }

            fn text(_: usize) -> ::core::option::Option<&'static str> {
                ::core::option::Option::None
            }
        }
    }
}

/// `MobileApp` becomes `mobile_app`, and `HTTPServer` `http_server`.
fn snake_case(name: &str) -> String {
    let mut text = String::new();
    let chars: Vec<char> = name.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| chars[before]);
        let next_is_lowercase = chars.get(at + 1).is_some_and(|next| next.is_lowercase());
        let starts_word = c.is_uppercase()
            && before.is_some_and(|c| c != '_' && (!c.is_uppercase() || next_is_lowercase));
        if starts_word {
            text.push('_');
        }
        text.extend(c.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_in_snake_case() {
        for (name, text) in [
            ("Web", "web"),
            ("MobileApp", "mobile_app"),
            ("HTTPServer", "http_server"),
            ("Http2", "http2"),
            ("GPT4o", "gpt4o"),
            ("V2Beta", "v2_beta"),
            ("A", "a"),
            ("X_Y", "x_y"),
            ("Été", "été"),
        ] {
            assert_eq!(snake_case(name), text);
        }
    }
}
