//! JSON whose text is the same whatever features other crates switch on in `serde_json`: keys keep their order here.

use std::fmt::Write;

pub(super) enum Json {
    Null,
    Bool(bool),
    /// As it is printed.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
    /// With keys that are known at run time only.
    Map(Vec<(String, Json)>),
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<usize> for Json {
    fn from(number: usize) -> Self {
        Self::Number(number.to_string())
    }
}

impl From<f64> for Json {
    fn from(number: f64) -> Self {
        Self::Number(number.to_string())
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A list of what can be written as JSON.
pub(super) fn list<T: Into<Json>>(items: impl IntoIterator<Item = T>) -> Json {
    Json::List(items.into_iter().map(Into::into).collect())
}

impl Json {
    /// Indented by two spaces, with a line feed at the end.
    pub(super) fn print(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, 0);
        text.push('\n');
        text
    }

    fn write(&self, text: &mut String, depth: usize) {
        match self {
            Self::Null => text.push_str("null"),
            Self::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
            Self::Number(number) => text.push_str(number),
            Self::Text(value) => push_quoted(text, value),
            Self::List(items) => {
                let items = items.iter().map(|item| (None, item));
                write_all(text, depth, ['[', ']'], items);
            }
            Self::Object(fields) => {
                let fields = fields.iter().map(|(key, value)| (Some(*key), value));
                write_all(text, depth, ['{', '}'], fields);
            }
            Self::Map(fields) => {
                let fields = fields.iter().map(|(key, value)| (Some(&**key), value));
                write_all(text, depth, ['{', '}'], fields);
            }
        }
    }
}

fn write_all<'a>(
    text: &mut String,
    depth: usize,
    [open, close]: [char; 2],
    items: impl Iterator<Item = (Option<&'a str>, &'a Json)>,
) {
    text.push(open);
    let mut is_empty = true;
    for (key, item) in items {
        if !is_empty {
            text.push(',');
        }
        is_empty = false;
        push_indent(text, depth + 1);
        if let Some(key) = key {
            push_quoted(text, key);
            text.push_str(": ");
        }
        item.write(text, depth + 1);
    }
    if !is_empty {
        push_indent(text, depth);
    }
    text.push(close);
}

fn push_indent(text: &mut String, depth: usize) {
    text.push('\n');
    for _ in 0..depth {
        text.push_str("  ");
    }
}

fn push_quoted(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            c if c.is_control() => {
                write!(text, "\\u{:04x}", u32::from(c)).expect("a String takes every write");
            }
            c => text.push(c),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_reads_back() {
        let json = Json::Object(vec![
            ("text", "a\"b\\c\nd\te\u{7f}é".into()),
            ("numbers", list([0.999, 14.4])),
            ("count", 7_usize.into()),
            ("nothing", Json::from(None::<&str>)),
            ("yes", true.into()),
            ("empty", Json::List(Vec::new())),
            (
                "map",
                Json::Map(vec![("k".to_owned(), Json::Object(Vec::new()))]),
            ),
        ]);
        let read: serde_json::Value = serde_json::from_str(&json.print()).unwrap();
        assert_eq!(
            read,
            serde_json::json!({
                "text": "a\"b\\c\nd\te\u{7f}é",
                "numbers": [0.999, 14.4],
                "count": 7,
                "nothing": null,
                "yes": true,
                "empty": [],
                "map": {"k": {}},
            })
        );
    }
}
