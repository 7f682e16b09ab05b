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
    if without_patterns(template)
        .contains(|c: char| c.is_whitespace() || c.is_control() || "?#".contains(c))
    {
        return Some(
            "a path has no spaces, control characters, `?` and `#`; a template ends before the query",
        );
    }
    let names = parameter_names(template);
    if names.iter().any(String::is_empty) {
        return Some("a parameter has no name; write it between the braces, like `{id}`");
    }
    let is_legal = |name: &String| {
        name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || "_.[]".contains(c))
    };
    if !names.iter().all(is_legal) {
        return Some(
            "a parameter's name consists of letters, digits and `_`; write it in one pair of braces, like `{id}`",
        );
    }
    let repeats = (1..names.len()).any(|at| names[..at].contains(&names[at]));
    repeats.then_some("two parameters have one name; actix finds only one of them")
}

/// What stands before the pattern in each pair of braces.
fn parameter_names(template: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0_u32;
    let mut in_name = false;
    for c in template.chars() {
        match c {
            '{' if depth == 0 => {
                depth = 1;
                in_name = true;
                names.push(String::new());
                continue;
            }
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 1 => in_name = false,
            _ => {}
        }
        in_name &= depth > 0;
        if in_name && let Some(name) = names.last_mut() {
            name.push(c);
        }
    }
    names
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
        for good in [
            "/",
            "/items/{id}",
            "/{a}/{b:\\d{2}}",
            "/{a:[?# ]{2}}/{tail}*",
            "/é/{größe}.{_b2}",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in [
            "",
            "items",
            "/{id",
            "/id}",
            "/}{",
            "/{}",
            "/{:\\d}",
            "/a?b=1",
            "/a#b",
            "/a b",
            "/a\n",
            "/{a b}",
            "/{{b}}",
            "/{1}",
            "/{a}/{a}",
            "/{a:x}/{a:y}",
        ] {
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
