//! Names and values as Prometheus and OpenMetrics allow them.

/// Label names the families use themselves, or the formats reserve.
pub(crate) const RESERVED: [&str; 7] = [
    "handler",
    "method",
    "status",
    "exception_type",
    "objective",
    "le",
    "quantile",
];

/// Label names of the families of tasks alone.
pub(crate) const RESERVED_OF_TASKS: [&str; 3] = ["task", "outcome", "error_type"];

/// What is wrong with a label name, if anything.
pub(crate) fn name_fault(name: &str) -> Option<String> {
    let mut bytes = name.bytes();
    let starts_well = bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    if !starts_well || !bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Some(format!(
            "`{name}` is no label name; one consists of letters, digits and `_`, and starts with no digit"
        ));
    }
    if name.starts_with("__") {
        return Some(format!(
            "`{name}` is reserved; names with `__` in front belong to Prometheus"
        ));
    }
    RESERVED
        .contains(&name)
        .then(|| format!("`{name}` is reserved; the families or the format use it themselves"))
}

/// What is wrong with a part of a metric name, if anything.
pub(crate) fn prefix_fault(prefix: &str) -> Option<&'static str> {
    let sound = prefix
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !prefix.starts_with(|c: char| c.is_ascii_digit());
    (!sound).then_some(
        "a metric name prefix consists of letters, digits and `_`, and starts with no digit",
    )
}

/// Appends `name="value"` with the value escaped as both formats ask.
pub(crate) fn push_pair(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push_str("=\"");
    push_escaped(out, value, true);
    out.push('"');
}

/// Appends text with backslash and line feed escaped, and double quotes where asked.
///
/// Label values escape quotes in both formats; help text only in OpenMetrics.
pub(crate) fn push_escaped(out: &mut String, text: &str, quotes: bool) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '"' if quotes => out.push_str("\\\""),
            c => out.push(c),
        }
    }
}

/// `a="b",c="d"`, escaped.
pub(crate) fn pairs(labels: &[(String, String)]) -> String {
    let mut text = String::new();
    for (name, value) in labels {
        if !text.is_empty() {
            text.push(',');
        }
        push_pair(&mut text, name, value);
    }
    text
}

/// The pairs of a text made by [`push_pair`] and commas.
pub(crate) fn parse_pairs(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once("=\"") {
        let mut value = String::new();
        let mut chars = after.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                '\\' => match chars.next() {
                    Some('n') => value.push('\n'),
                    Some(escaped) => value.push(escaped),
                    None => {}
                },
                c => value.push(c),
            }
        }
        pairs.push((name.to_owned(), value));
        let after = chars.as_str();
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_names() {
        let cases = include_str!("../../tests/label-names.txt").lines();
        for case in cases.filter(|case| !case.starts_with('#')) {
            let (expected, name) = case.split_once(' ').expect("what it is, and a name");
            let found = match name_fault(name.trim_start()) {
                None => "legal",
                Some(fault) if fault.contains("reserved") => "reserved",
                Some(_) => "illegal",
            };
            assert_eq!(found, expected, "{name}");
        }
        assert!(name_fault("").is_some());
    }

    #[test]
    fn values_are_escaped() {
        let mut out = String::new();
        push_pair(&mut out, "path", "a\\b\"c\nd é");
        assert_eq!(out, r#"path="a\\b\"c\nd é""#);
        out.push_str(",empty=\"\"");
        let read = parse_pairs(&out);
        assert_eq!(read[0], ("path".to_owned(), "a\\b\"c\nd é".to_owned()));
        assert_eq!(read[1], ("empty".to_owned(), String::new()));
        assert_eq!(pairs(&read), out);
    }
}
