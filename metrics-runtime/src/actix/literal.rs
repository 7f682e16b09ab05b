//! Debug builds alone: is a literal `handler` label the truth?

use actix_web::HttpRequest;

use crate::site::Site;

/// Warns if the label does not fit the template of the handler's first request, whose scopes it may leave out.
pub(super) fn question(site: &Site, req: &HttpRequest) {
    if let Some(label) = site.handler
        && site.is_first_question()
        && let Some(template) = req.match_pattern()
        && !fits(label, &template)
    {
        log::warn!(
            "handler `{}` is recorded as `{label}`, but actix matched `{template}`; correct the literal, or leave it out",
            site.function
        );
    }
}

fn fits(label: &str, template: &str) -> bool {
    without_patterns(template).ends_with(&without_patterns(label))
}

/// `/items/{id:\d{2}}` becomes `/items/{id}`.
fn without_patterns(template: &str) -> String {
    let mut depth = 0_u32;
    let mut in_pattern = false;
    let outside = |c: &char| {
        match c {
            '{' => depth += 1,
            ':' if depth == 1 => in_pattern = true,
            '}' => {
                depth = depth.saturating_sub(1);
                in_pattern &= depth > 0;
            }
            _ => {}
        }
        !in_pattern
    };
    template.chars().filter(outside).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_may_leave_out_scopes_and_patterns() {
        for label in ["/items/{id}", "/api/items/{id}", r"/items/{id:\d{2}}"] {
            assert!(fits(label, r"/api/items/{id:\d{2}}"), "{label}");
        }
        for label in ["/item/{id}", "/items", "/v2/api/items/{id}"] {
            assert!(!fits(label, r"/api/items/{id:\d{2}}"), "{label}");
        }
    }
}
