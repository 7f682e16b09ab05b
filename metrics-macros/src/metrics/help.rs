//! The help text: the first paragraph of the doc comment.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// Empty if there is no doc comment.
pub(crate) fn text(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    for doc in attributes.iter().filter_map(doc) {
        for line in doc.split('\n').map(str::trim) {
            match (line.is_empty(), text.is_empty()) {
                (true, true) => {}
                (true, false) => return text,
                (false, true) => text.push_str(line),
                (false, false) => {
                    text.push(' ');
                    text.push_str(line);
                }
            }
        }
    }
    text
}

fn doc(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(doc) if doc.path.is_ident("doc") => match &doc.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use syn::{ItemFn, parse_quote};

    use super::*;

    #[test]
    fn the_first_paragraph_is_the_help_text() {
        let function: ItemFn = parse_quote! {
            ///
            /// Orders placed,
            /// in all channels.
            ///
            /// Counted at the till.
            #[doc(hidden)]
            fn orders() {}
        };
        assert_eq!(text(&function.attrs), "Orders placed, in all channels.");
        let function: ItemFn = parse_quote! {
            /** Orders
                placed.

                More. */
            fn orders() {}
        };
        assert_eq!(text(&function.attrs), "Orders placed.");
        let function: ItemFn = parse_quote!(
            fn orders() {}
        );
        assert_eq!(text(&function.attrs), "");
    }
}
