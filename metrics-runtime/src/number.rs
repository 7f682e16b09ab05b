//! Numbers as the exposition formats print them.

use std::fmt::Write;

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
    fn floats_read_back() {
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
