//! Route templates as actix writes them.

/// What is wrong with a template, if anything.
pub(crate) fn fault(template: &str) -> Option<&'static str> {
    if !template.starts_with('/') {
        return Some("a template starts with `/`; write the path as it is mounted");
    }
    let mut depth = 0_i32;
    for c in template.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            break;
        }
    }
    if depth != 0 {
        return Some("the braces do not match; each `{` needs its `}`");
    }
    (template.contains("{}") || template.contains("{:"))
        .then_some("a parameter has no name; write it between the braces, like `{id}`")
}

/// Whether a label may stand for a route: the route's path, with any scopes before it.
pub(crate) fn fits(label: &str, path: &str) -> bool {
    let (label, path) = (without_patterns(label), without_patterns(path));
    label.strip_suffix(path.as_str()).is_some_and(|scopes| {
        scopes.is_empty() || (scopes.starts_with('/') && (path.starts_with('/') || path.is_empty()))
    })
}

/// `/items/{id:\d{2}}` becomes `/items/{id}`.
fn without_patterns(template: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0_u32;
    let mut in_pattern = false;
    for c in template.chars() {
        match c {
            '{' => depth += 1,
            ':' if depth == 1 => in_pattern = true,
            '}' => {
                depth = depth.saturating_sub(1);
                in_pattern &= depth > 0;
            }
            _ => {}
        }
        if !in_pattern {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults() {
        for good in ["/", "/items/{id}", "/{a}/{b:\\d{2}}"] {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in ["", "items", "/{id", "/id}", "/}{", "/{}", "/{:\\d}"] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn a_label_may_name_the_scopes() {
        for (label, path) in [
            ("/items/{id}", "/items/{id}"),
            ("/api/items/{id}", "/items/{id}"),
            ("/items/{id}", "/items/{id:\\d{2}}"),
            ("/api", ""),
        ] {
            assert!(fits(label, path), "{label} {path}");
        }
        for (label, path) in [("/item/{id}", "/items/{id}"), ("/items", "/items/{id}")] {
            assert!(!fits(label, path), "{label} {path}");
        }
    }
}
