//! Label names as Prometheus allows them.

/// Names the families use themselves, or the formats reserve.
const RESERVED: [&str; 7] = [
    "handler",
    "method",
    "status",
    "exception_type",
    "objective",
    "le",
    "quantile",
];

/// What is wrong with a label name, if anything.
pub(crate) fn name_fault(name: &str) -> Option<String> {
    let legal = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !legal {
        Some(format!(
            "`{name}` is no label name; one consists of letters, digits and `_`, and starts with no digit"
        ))
    } else if name.starts_with("__") {
        Some(format!(
            "`{name}` is reserved; names with `__` in front belong to Prometheus"
        ))
    } else if RESERVED.contains(&name) {
        Some(format!(
            "`{name}` is reserved; the families or the format use it themselves"
        ))
    } else {
        None
    }
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
}
