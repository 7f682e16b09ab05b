//! A handler label as the template of a path, taken apart once: every request to a handler without a literal label is
//! checked against the last one's.

use smallvec::SmallVec;

/// `/items/{id}/parts` is a parameter `id` after `/items/`, then `/parts`.
pub(crate) struct Template {
    parameters: SmallVec<[Parameter; 2]>,
    end: &'static str,
}

struct Parameter {
    before: &'static str,
    name: &'static str,
}

impl Template {
    pub(crate) fn new(text: &'static str) -> Self {
        let mut parameters = SmallVec::new();
        let mut end = text;
        while let Some((before, rest)) = end.split_once('{')
            && let Some((name, rest)) = rest.split_once('}')
        {
            parameters.push(Parameter { before, name });
            end = rest;
        }
        Self { parameters, end }
    }

    /// Whether the values, put into the template, give the path they are slices of.
    ///
    /// Names, values and their places in the path determine the template, up to patterns: a parameter written with one
    /// (`{id:\d+}`) has another name here, so such a template never fits.
    #[inline]
    pub(crate) fn fits<'a>(
        &self,
        path: &'a str,
        values: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> bool {
        let mut values = values.into_iter();
        let mut rest = path;
        for parameter in &self.parameters {
            let Some((name, value)) = values.next() else {
                return false;
            };
            let after = rest
                .strip_prefix(parameter.before)
                // The same text elsewhere in the path is another parameter's.
                .filter(|at_value| at_value.as_ptr() == value.as_ptr() && name == parameter.name)
                .and_then(|at_value| at_value.get(value.len()..));
            match after {
                Some(after) => rest = after,
                None => return false,
            }
        }
        rest == self.end && values.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use actix_web::dev::{Path, ResourceDef};

    use super::*;

    fn fits(cached: &'static str, actual: &str, path: &str) -> bool {
        let mut matched = Path::new(path);
        assert!(
            ResourceDef::new(actual).capture_match_info(&mut matched),
            "{actual} does not match {path}"
        );
        Template::new(cached).fits(path, matched.iter())
    }

    #[test]
    fn the_template_that_matched_fits() {
        for (template, path) in [
            ("/", "/"),
            ("/items", "/items"),
            ("/items/{id}", "/items/7"),
            ("/a/{b}/c/{d}", "/a/1/c/1"),
            ("/{a}-{b}", "/x-y"),
            ("/{a}/", "/é/"),
            ("/{a}/{b}/{c}/d", "/1/1/1/d"),
        ] {
            assert!(fits(template, template, path), "{template} {path}");
        }
    }

    #[test]
    fn another_does_not() {
        for (cached, actual, path) in [
            ("/{id}/5", "/5/{id}", "/5/5"),
            ("/5/{id}", "/{id}/5", "/5/5"),
            ("/items/{id}", "/parts/{id}", "/parts/7"),
            ("/items/{id}", "/items/{name}", "/items/7"),
            ("/items", "/{a}", "/items"),
            ("/{a}", "/items", "/items"),
            ("/{a}", "/{a}/{b}", "/1/2"),
            ("/{a}/{b}", "/{a}/2", "/1/2"),
            ("/items/{id}", r"/items/{id:\d+}/x", "/items/7/x"),
            (r"/items/{id:\d+}", r"/items/{id:\d+}", "/items/7"),
            (r"/{id:\d{2}}", r"/{id:\d{2}}", "/77"),
            ("/{tail}*", "/{tail}*", "/a/b"),
        ] {
            assert!(!fits(cached, actual, path), "{cached} {actual} {path}");
        }
        // A path may look like a template.
        assert!(!Template::new("/{a}").fits("/{a}", []));
        assert!(!Template::new("{a}/x").fits("/x", []));
    }
}
