//! Names and values as Prometheus and OpenMetrics allow them.

use std::fmt::Write;

/// Label names the families use themselves, or the formats reserve.
pub(crate) const RESERVED: [&str; 6] = [
    "handler",
    "method",
    "status",
    "exception_type",
    "le",
    "quantile",
];

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

/// Appends a float as both formats read it back: shortest digits, `+Inf`, `-Inf`, `NaN`.
pub(crate) fn push_float(out: &mut String, value: f64) {
    let written = if value.is_nan() {
        out.push_str("NaN");
        return;
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
        return;
    } else if value != 0.0 && !(1e-7..1e21).contains(&value.abs()) {
        write!(out, "{value:e}")
    } else {
        write!(out, "{value}")
    };
    written.expect("a String takes every write");
}

/// A bucket's bound as OpenMetrics wants it: always with a fraction, so that `1` and `1.0` are never two series.
pub(crate) fn canonical_bound(bound: f64) -> String {
    let mut text = String::new();
    push_float(&mut text, bound);
    if !text.contains(['.', 'e', 'I', 'N']) {
        text.push_str(".0");
    }
    text
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
    fn escaping_and_floats() {
        let mut out = String::new();
        push_pair(&mut out, "path", "a\\b\"c\nd é");
        assert_eq!(out, r#"path="a\\b\"c\nd é""#);
        for (value, text) in [
            (0.05, "0.05"),
            (1.0, "1"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
            (1e300, "1e300"),
            (-2.5e-9, "-2.5e-9"),
        ] {
            let mut out = String::new();
            push_float(&mut out, value);
            assert_eq!(out, text);
        }
        assert_eq!(canonical_bound(1.0), "1.0");
        assert_eq!(canonical_bound(0.3), "0.3");
        assert_eq!(canonical_bound(f64::INFINITY), "+Inf");
    }
}
