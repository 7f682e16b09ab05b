//! Lists the resources of an `App`.
//!
//! actix-web has no way to list them. Its resource map can be searched by a name or by a path, which finds one of
//! several resources that share the name or the path. Its `Debug` output has them all, and this module reads that.
//! Should another actix-web print something else, the list is empty, a warning is logged once, and handlers appear in
//! `/metrics` with their first request. The tests below fail then.

use std::sync::Once;

use actix_web::dev::ResourceMap;

/// A resource with a name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Resource {
    pub(super) name: String,
    /// As it was mounted, without scopes.
    pub(super) path: String,
    /// The whole path: what `HttpRequest::match_pattern` returns of a request to it.
    pub(super) template: String,
}

pub(super) fn resources(map: &ResourceMap) -> Vec<Resource> {
    static WARN: Once = Once::new();
    let mut found = Vec::new();
    if read(&format!("{map:?}"), "", &mut found).is_none() {
        WARN.call_once(|| {
            log::warn!(
                "the routes of this actix-web cannot be read; handlers appear with their first request"
            );
        });
    }
    found
}

/// Reads the text of a resource map, whose path begins with `prefix`: a scope's, or a single resource's.
fn read(map: &str, prefix: &str, found: &mut Vec<Resource>) -> Option<()> {
    let [pattern, nodes] = fields(map, ["pattern", "nodes"])?;
    let [name, patterns] = fields(pattern, ["name", "patterns"])?;
    // A resource with several paths has a list here. No routing attribute makes one.
    let Some(path) = within(patterns, "Single(", ")") else {
        return Some(());
    };
    let path = unquoted(path)?;
    let template = format!("{prefix}{path}");
    if nodes == "None" {
        if let Some(name) = within(name, "Some(", ")") {
            found.push(Resource {
                name: unquoted(name)?,
                path,
                template,
            });
        }
        return Some(());
    }
    for node in split(within(nodes, "Some([", "])")?) {
        read(node, &template, found)?;
    }
    Some(())
}

/// The values of these fields of a struct.
fn fields<'a, const N: usize>(text: &'a str, names: [&str; N]) -> Option<[&'a str; N]> {
    let (_, inside) = text.split_once(" { ")?;
    let inside = inside.strip_suffix(" }")?;
    let mut values = [""; N];
    for field in split(inside) {
        let (name, value) = field.split_once(": ")?;
        if let Some(at) = names.iter().position(|known| *known == name) {
            values[at] = value;
        }
    }
    values
        .iter()
        .all(|value| !value.is_empty())
        .then_some(values)
}

fn within<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.strip_prefix(start)?.strip_suffix(end)
}

/// Splits at the commas outside of brackets and strings.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (item, after) = rest.split_at(end_of_item(rest));
        rest = after.trim_start_matches(", ");
        (!item.is_empty()).then_some(item)
    })
}

fn end_of_item(text: &str) -> usize {
    let mut depth = 0_u32;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => return at,
            b'"' => {
                let mut escaped = false;
                bytes.find(|(_, byte)| {
                    let ends = *byte == b'"' && !escaped;
                    escaped = *byte == b'\\' && !escaped;
                    ends
                });
            }
            _ => {}
        }
    }
    text.len()
}

/// The text of a string literal. Other escapes than those of patterns are left as they are, and no route has them.
fn unquoted(literal: &str) -> Option<String> {
    let text = within(literal, "\"", "\"")?;
    Some(text.replace("\\\"", "\"").replace("\\\\", "\\"))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use actix_web::{
        App, HttpRequest, get, post, routes, rt,
        test::{TestRequest, call_service, init_service},
        web,
    };

    use super::*;

    #[get("")]
    async fn list() -> &'static str {
        ""
    }

    #[post("/items", name = "other")]
    async fn add() -> &'static str {
        ""
    }

    #[routes]
    #[get(r#"/{day:\d{4}-\d{2}}/{quote:["',)]+}/{rest}*"#)]
    #[get("/é/{lang:(en|de)}")]
    async fn odd() -> &'static str {
        ""
    }

    async fn unnamed() -> &'static str {
        ""
    }

    #[test]
    fn an_app_s_resources_are_listed_with_their_templates() {
        static LISTED: Mutex<Vec<Resource>> = Mutex::new(Vec::new());
        let list_all = |req: HttpRequest| async move {
            *LISTED.lock().unwrap() = resources(req.resource_map());
            ""
        };
        rt::System::new().block_on(async {
            let app = App::new()
                .route("/ask", web::get().to(list_all))
                .service(web::resource(["/a", "/b"]).name("two").to(unnamed))
                .external_resource("external", "https://example.com/{id}")
                .service(add)
                .service(
                    web::scope("/{tenant}")
                        .service(web::scope("/v1").service(list))
                        .service(odd),
                )
                .service(web::scope("/empty"));
            let app = init_service(app).await;
            call_service(&app, TestRequest::get().uri("/ask").to_request()).await;
        });
        let days = r#"/{day:\d{4}-\d{2}}/{quote:["',)]+}/{rest}*"#;
        let expected = [
            ("other", "/items", "/items".to_owned()),
            ("list", "", "/{tenant}/v1".to_owned()),
            ("odd", days, format!("/{{tenant}}{days}")),
            (
                "odd",
                "/é/{lang:(en|de)}",
                "/{tenant}/é/{lang:(en|de)}".to_owned(),
            ),
        ];
        let expected = expected.map(|(name, path, template)| Resource {
            name: name.to_owned(),
            path: path.to_owned(),
            template,
        });
        assert_eq!(*LISTED.lock().unwrap(), expected);
    }

    #[test]
    fn what_cannot_be_read_is_no_list() {
        for text in ["", "ResourceMap", "ResourceMap { pattern: None }"] {
            assert_eq!(read(text, "", &mut Vec::new()), None, "{text}");
        }
    }
}
