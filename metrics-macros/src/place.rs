//! Checks where the attribute is: once, and on a free function that is a handler.

use std::fs;

use syn::Error;

use crate::handler::Handler;

/// What is wrong with the place, as far as the function and its other attributes show it.
pub(crate) fn fault(handler: &Handler) -> Option<Error> {
    for attribute in &handler.attributes {
        let path = attribute.path();
        let name = path.segments.last()?.ident.to_string();
        let message = match name.as_str() {
            "instrument_handler" => "`#[instrument_handler]` is given twice; keep one",
            "main" => "`main` starts the program; put `#[instrument_handler]` on the handlers",
            "test" => "a test is no handler; put `#[instrument_handler]` on the handlers",
            _ => continue,
        };
        return Some(Error::new_spanned(attribute, message));
    }
    // An attribute like `#[actix_web::main]` above this one has removed the `async`.
    let signature = &handler.signature;
    (signature.ident == "main" && signature.asyncness.is_none()).then(|| {
        Error::new_spanned(
            &signature.ident,
            "`main` starts the program; put `#[instrument_handler]` on the handlers",
        )
    })
}

/// Whether the attribute is in an `impl` or a `trait`, where no static can be put beside the function.
///
/// A macro sees only its own item, so this reads the source file: the line that opens the block is the first one above
/// with less indentation. In code without indentation it is not found, and the compiler refuses the expansion.
pub(crate) fn is_in_impl(attribute: proc_macro::Span) -> bool {
    let text = attribute
        .local_file()
        .and_then(|file| fs::read_to_string(file).ok());
    text.is_some_and(|text| opens_impl(&text, attribute.line(), attribute.column()))
}

fn opens_impl(text: &str, line: usize, column: usize) -> bool {
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let mut lines: Vec<&str> = text.lines().take(line).collect();
    let Some(before) = lines.pop().and_then(|line| line.get(..column - 1)) else {
        return false;
    };
    if !before.trim().is_empty() {
        return is_impl_header(before);
    }
    lines
        .into_iter()
        .rev()
        .filter(|line| indentation(line) < before.len())
        .find(|line| {
            let line = line.trim();
            !line.is_empty()
                && !["//", "{", "where"]
                    .iter()
                    .any(|part| line.starts_with(part))
        })
        .is_some_and(is_impl_header)
}

fn is_impl_header(line: &str) -> bool {
    const MODIFIERS: [&str; 6] = ["", "pub", "crate", "super", "unsafe", "default"];
    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
    let first = words.find(|word| !MODIFIERS.contains(word));
    matches!(first, Some("impl" | "trait"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the line with `#[x]` is in an `impl` or a `trait`.
    fn is_in_impl(text: &str) -> bool {
        let (line, found) = text
            .lines()
            .enumerate()
            .find(|(_, line)| line.contains("#[x]"))
            .expect("the attribute");
        let column = found.find("#[x]").expect("it is in its line") + 1;
        opens_impl(text, line + 1, column)
    }

    #[test]
    fn a_method_is_told_from_a_free_function() {
        for method in [
            "impl Api {\n    #[x]",
            "impl<T> Api<T>\nwhere\n    T: Copy,\n{\n    fn a() {\n    }\n\n    #[x]",
            "mod a {\n    pub(crate) unsafe trait Api: Sized {\n        // As it is.\n        #[x]",
            "impl Api { #[x] async fn a() {} }",
            "impl Api {\n\tfn a() {}\n\t#[x]",
        ] {
            assert!(is_in_impl(method), "{method}");
        }
        for free in [
            "#[x]",
            "impl Api {\n}\n#[x]",
            "mod api {\n    impl Api {\n    }\n    #[x]",
            "impl Api {\n    fn a() {\n        #[x]",
            "impl_all! {\n    #[x]",
            "fn all() -> impl Sized {\n    #[x]",
            "    #[x]",
        ] {
            assert!(!is_in_impl(free), "{free}");
        }
    }
}
