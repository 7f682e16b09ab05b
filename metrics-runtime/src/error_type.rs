//! The labels `exception_type` and `error_type`: a type's name without its paths.

/// The label for the error in a `Result` that the compiler calls `returned`; `None` if it is no `Result`.
///
/// `core::result::Result<T, shop::StoreError>` gives `StoreError`.
pub(crate) fn label(returned: &'static str) -> Option<String> {
    let arguments = returned
        .strip_prefix("core::result::Result<")?
        .strip_suffix('>')?;
    let mut depth = 0_usize;
    let comma = arguments.char_indices().find_map(|(at, c)| {
        match c {
            '<' | '(' | '[' => depth += 1,
            // The arrow of a function type closes nothing.
            '>' if !arguments[..at].ends_with('-') => depth = depth.saturating_sub(1),
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (c == ',' && depth == 0).then_some(at)
    })?;
    Some(without_paths(arguments[comma + 1..].trim()))
}

/// `alloc::boxed::Box<dyn core::error::Error>` becomes `Box<dyn Error>`.
pub(crate) fn without_paths(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("::") {
            let start = short
                .rfind(|c: char| !c.is_alphanumeric() && c != '_')
                .map_or(0, |at| at + 1);
            short.truncate(start);
            rest = after;
        } else {
            short.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use std::any::type_name;

    use super::*;

    struct Refused;

    #[test]
    fn labels() {
        for (returned, expected) in [
            (type_name::<Result<(), Refused>>(), "Refused"),
            (
                type_name::<Result<Vec<(u8, u8)>, std::io::Error>>(),
                "Error",
            ),
            (type_name::<Result<fn(u8, u8) -> u8, Refused>>(), "Refused"),
            (
                type_name::<Result<[u8; 4], Box<dyn std::error::Error + Send>>>(),
                "Box<dyn Error + Send>",
            ),
            (
                type_name::<Result<Result<u8, u16>, Option<Refused>>>(),
                "Option<Refused>",
            ),
            (type_name::<Result<(), actix_web::Error>>(), "Error"),
        ] {
            assert_eq!(label(returned).as_deref(), Some(expected), "{returned}");
        }
        assert_eq!(label(type_name::<Option<Refused>>()), None);
    }
}
