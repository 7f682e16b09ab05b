//! Which template did actix match? Asked of every request to a handler without a literal label.

use actix_web::HttpRequest;

use crate::recorder::Label;

/// actix builds the template as a new `String`. But a template seen before can be checked against the request without
/// one: put the parameters' values into it, and it must give the path.
///
/// Names, values and their places in the path determine the template, up to patterns: a parameter written with one
/// (`{id:\d+}`) is never recognized here, so such a template is asked of actix each time.
impl Label for &HttpRequest {
    fn is(&self, template: &str) -> bool {
        let info = self.match_info();
        fits(template, info.as_str(), info.iter())
    }

    fn ask(&mut self) -> Option<String> {
        self.match_pattern()
    }
}

fn fits<'a>(
    template: &str,
    path: &'a str,
    parameters: impl Iterator<Item = (&'a str, &'a str)>,
) -> bool {
    let (mut template, mut path) = (template, path);
    for (name, value) in parameters {
        let rest = template
            .split_once('{')
            .and_then(|(literal, rest)| path.strip_prefix(literal).zip(strip_name(rest, name)))
            .and_then(|(at_value, after_name)| {
                // The same text elsewhere in the path is another parameter's.
                let in_place = at_value.as_ptr() == value.as_ptr();
                let after_value = at_value.strip_prefix(value)?;
                in_place.then_some((after_name, after_value))
            });
        match rest {
            Some(rest) => (template, path) = rest,
            None => return false,
        }
    }
    template == path && !template.contains('{')
}

/// `id}/rest` without the name and its brace.
fn strip_name<'a>(template: &'a str, name: &str) -> Option<&'a str> {
    template.strip_prefix(name)?.strip_prefix('}')
}

#[cfg(test)]
mod tests {
    use actix_web::dev::{Path, ResourceDef};

    use super::*;

    fn recognized(cached: &str, actual: &str, path: &str) -> bool {
        let mut matched = Path::new(path);
        assert!(
            ResourceDef::new(actual).capture_match_info(&mut matched),
            "{actual} does not match {path}"
        );
        fits(cached, path, matched.iter())
    }

    #[test]
    fn the_template_that_matched_is_recognized() {
        for (template, path) in [
            ("/", "/"),
            ("/items", "/items"),
            ("/items/{id}", "/items/7"),
            ("/a/{b}/c/{d}", "/a/1/c/1"),
            ("/{a}-{b}", "/x-y"),
            ("/{a}/", "/é/"),
        ] {
            assert!(recognized(template, template, path), "{template} {path}");
        }
    }

    #[test]
    fn another_is_not() {
        for (cached, actual, path) in [
            ("/{id}/5", "/5/{id}", "/5/5"),
            ("/5/{id}", "/{id}/5", "/5/5"),
            ("/items/{id}", "/items/{name}", "/items/7"),
            ("/items", "/{a}", "/items"),
            ("/{a}", "/items", "/items"),
            ("/{a}", "/{a}/{b}", "/1/2"),
            ("/items/{id}", r"/items/{id:\d+}/x", "/items/7/x"),
            (r"/items/{id:\d+}", r"/items/{id:\d+}", "/items/7"),
        ] {
            assert!(
                !recognized(cached, actual, path),
                "{cached} {actual} {path}"
            );
        }
        // A path may look like a template.
        assert!(!fits("/{a}", "/{a}", std::iter::empty()));
    }
}
