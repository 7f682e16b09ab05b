//! Names as `promtool check metrics` wants them, found before the program is built.

use std::fmt::Write;

use proc_macro2::Ident;

use super::kind::Kind;

/// Units that are no base units, with the base unit to use. From promlint, and `percent`.
const UNITS: [(&str, &str); 17] = [
    ("minutes", "seconds"),
    ("hours", "seconds"),
    ("days", "seconds"),
    ("weeks", "seconds"),
    ("kelvins", "kelvin"),
    ("fahrenheit", "celsius"),
    ("rankine", "celsius"),
    ("inches", "meters"),
    ("yards", "meters"),
    ("miles", "meters"),
    ("bits", "bytes"),
    ("calories", "joules"),
    ("pounds", "grams"),
    ("ounces", "grams"),
    ("percent", "ratio"),
    ("percents", "ratio"),
    ("percentage", "ratio"),
];

const BASE_UNITS: [&str; 11] = [
    "amperes", "bytes", "celsius", "grams", "joules", "kelvin", "meters", "metres", "ratio",
    "seconds", "volts",
];

const UNIT_PREFIXES: [&str; 19] = [
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega",
    "mebi", "mibi", "giga", "gibi", "tera", "tebi", "peta", "pebi",
];

/// The first line is promlint's.
const ABBREVIATIONS: [&str; 28] = [
    "s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d", //
    "secs", "msec", "msecs", "usec", "nsec", "millis", "micros", "nanos", "mins", "hrs", "kib",
    "mib", "gib", "tib",
];

const TYPES: [&str; 4] = ["counter", "gauge", "summary", "histogram"];

/// The name without `r#`.
pub(crate) fn plain(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map_or(text.clone(), str::to_owned)
}

/// Whether a text is words of lowercase letters and digits with single `_` between them, beginning with a letter.
pub(crate) fn is_snake_case(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.split('_').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

/// What is wrong with a metric's name, if anything.
pub(crate) fn fault(name: &str, kind: Option<Kind>) -> Option<String> {
    if !is_snake_case(name) {
        return Some(format!(
            "`{name}` is not snake_case; a name consists of lowercase letters, digits and single `_`, begins with a letter and does not end with `_`"
        ));
    }
    word_fault(name).or_else(|| ending_fault(name, kind?))
}

/// What is wrong with one of a name's words, if anything.
pub(crate) fn word_fault(name: &str) -> Option<String> {
    name.split('_').find_map(|word| {
        if let Some(base) = base_unit(word) {
            Some(format!("`{word}` is no base unit; use `{base}`"))
        } else if ABBREVIATIONS.contains(&word) {
            Some(format!(
                "`{word}` abbreviates a unit; write out the base unit, like `seconds` or `bytes`"
            ))
        } else if TYPES.contains(&word) {
            Some(format!(
                "`{word}` is a type, which the function returns; leave it out of the name"
            ))
        } else {
            None
        }
    })
}

/// The base unit to use instead of `milliseconds`; `None` for words that are no unit or a base unit.
fn base_unit(word: &str) -> Option<&'static str> {
    let convert = |unit: &str| {
        UNITS
            .iter()
            .find(|(known, _)| *known == unit)
            .map(|(_, base)| *base)
    };
    convert(word).or_else(|| {
        let unit = UNIT_PREFIXES
            .iter()
            .find_map(|prefix| word.strip_prefix(prefix))?;
        let base = BASE_UNITS.iter().find(|base| **base == unit).copied();
        base.or_else(|| convert(unit))
    })
}

fn ending_fault(name: &str, kind: Kind) -> Option<String> {
    // With a prefix, a name that is the suffix alone ends in it, too.
    let ends = |suffix: &str| name.ends_with(suffix) || name == &suffix[1..];
    if kind.is_counter() && !name.ends_with("_total") {
        return Some(format!(
            "a counter's name ends in `_total`; write `{name}_total`"
        ));
    }
    if !kind.is_counter() && ends("_total") {
        return Some(
            "`_total` ends the names of counters only; leave it out, or return `Counter`"
                .to_owned(),
        );
    }
    if let Some(suffix) = ["_count", "_sum", "_bucket", "_created"]
        .into_iter()
        .find(|suffix| ends(suffix))
    {
        return Some(format!(
            "`{suffix}` is reserved for the samples of histograms and summaries; end the name in another word"
        ));
    }
    if kind == Kind::Info && !ends("_info") {
        return Some(format!(
            "an `Info`'s name ends in `_info`; write `{name}_info`"
        ));
    }
    if kind != Kind::Info && ends("_info") {
        return Some(
            "`_info` ends the names of `Info`s only; leave it out, or return `Info`".to_owned(),
        );
    }
    (kind != Kind::Gauge && ends("_timestamp_seconds")).then(|| {
        "`_timestamp_seconds` ends the names of gauges only; a point in time is set, so return `Gauge`".to_owned()
    })
}

/// The unit that OpenMetrics prints, where the name ends in one.
pub(crate) fn unit(name: &str) -> Option<&'static str> {
    let name = name.strip_suffix("_total").unwrap_or(name);
    BASE_UNITS.into_iter().find(|unit| {
        name.strip_suffix(unit)
            .is_some_and(|rest| rest.ends_with('_'))
    })
}

/// Prefix and name, as `/metrics` prints them.
pub(crate) fn joined(prefix: Option<&str>, name: &str) -> String {
    let mut joined = String::new();
    if let Some(prefix) = prefix {
        write!(joined, "{prefix}_").expect("a String takes all");
    }
    joined + name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_promtool_accepts() {
        for (name, kind) in [
            ("orders_total", Kind::Counter),
            ("served_bytes_total", Kind::Counter),
            ("spent_seconds_total", Kind::FloatCounter),
            ("cache_hit_ratio", Kind::Gauge),
            ("room_celsius", Kind::Gauge),
            ("last_success_timestamp_seconds", Kind::Gauge),
            ("thermometers", Kind::Gauge),
            ("packing", Kind::UpDown),
            ("charge_duration_seconds", Kind::Histogram),
            ("receipt_size_bytes", Kind::Summary),
            ("build_info", Kind::Info),
            ("model_4o_tokens_total", Kind::Counter),
        ] {
            assert_eq!(fault(name, Some(kind)), None, "{name}");
        }
    }

    #[test]
    fn units_and_their_prefixes() {
        for (name, base) in [
            ("wait_milliseconds", "seconds"),
            ("wait_minutes_total", "seconds"),
            ("size_kilobytes", "bytes"),
            ("size_kibibytes", "bytes"),
            ("size_megabits", "bytes"),
            ("weight_kilograms", "grams"),
            ("heat_kilocalories", "joules"),
            ("used_percent", "ratio"),
        ] {
            let fault = word_fault(name).unwrap_or_default();
            assert!(fault.ends_with(&format!("use `{base}`")), "{name}: {fault}");
        }
    }

    #[test]
    fn every_abbreviation_of_promlint_is_refused() {
        for unit in [
            "s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d",
        ] {
            for name in [format!("wait_{unit}"), format!("wait_{unit}_total")] {
                let fault = word_fault(&name).unwrap_or_default();
                assert!(fault.contains("abbreviates"), "{name}: {fault}");
            }
        }
    }

    #[test]
    fn openmetrics_gets_the_unit_a_name_ends_in() {
        assert_eq!(unit("charge_duration_seconds"), Some("seconds"));
        assert_eq!(unit("served_bytes_total"), Some("bytes"));
        assert_eq!(unit("seconds"), None);
        assert_eq!(unit("milliseconds"), None);
        assert_eq!(unit("orders_total"), None);
    }
}
