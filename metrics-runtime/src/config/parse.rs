//! Values of settings: read from text, and checked.

use std::collections::BTreeMap;

use regex::Regex;

use super::{BUCKETS, Config, ENABLE, EXCLUDED, FINE, LABELS};
use crate::{error::ConfigError, label};

pub(super) fn parse_bool(text: &str) -> Result<bool, ConfigError> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(ConfigError::new(
            ENABLE,
            text,
            "not a boolean; say true or false, 1 or 0, yes or no, on or off",
        )),
    }
}

/// A JSON array of strings, or patterns between commas.
pub(super) fn split_patterns(text: &str) -> Result<Vec<String>, ConfigError> {
    let trimmed = text.trim();
    // `[a-z]+` is a pattern too: only a bracket before a quote opens an array.
    let is_array = trimmed
        .strip_prefix('[')
        .is_some_and(|rest| rest.trim_start().starts_with(['"', ']']));
    if is_array {
        return serde_json::from_str(trimmed).map_err(|error| {
            ConfigError::new(
                EXCLUDED,
                text,
                format!("not a JSON array of strings: {error}"),
            )
        });
    }
    Ok(trimmed
        .split(',')
        .map(str::trim)
        .filter(|pattern| !pattern.is_empty())
        .map(str::to_owned)
        .collect())
}

pub(super) fn compile(
    setting: &'static str,
    patterns: &[String],
) -> Result<Vec<Regex>, ConfigError> {
    patterns
        .iter()
        .map(|pattern| {
            Regex::new(pattern).map_err(|error| {
                let reason = match &error {
                    regex::Error::Syntax(text) => text
                        .lines()
                        .last()
                        .unwrap_or_default()
                        .trim_start_matches("error: "),
                    regex::Error::CompiledTooBig(_) => "it compiles to too large a program",
                    _ => "it does not compile",
                };
                ConfigError::new(
                    setting,
                    pattern,
                    format!("not a regular expression: {reason}"),
                )
            })
        })
        .collect()
}

pub(super) fn parse_buckets(text: &str) -> Result<Vec<f64>, ConfigError> {
    if text.trim() == FINE {
        return Ok(Config::FINE_LATENCY_BUCKETS.to_vec());
    }
    let bounds = text
        .split(',')
        .map(|bound| {
            let bound = bound.trim();
            bound.parse().map_err(|_| {
                ConfigError::new(BUCKETS, text, format!("`{bound}` is no number of seconds"))
            })
        })
        .collect::<Result<Vec<f64>, _>>()?;
    check_buckets(BUCKETS, text, &bounds)?;
    Ok(bounds)
}

pub(super) fn check_buckets(
    setting: &'static str,
    text: &str,
    bounds: &[f64],
) -> Result<(), ConfigError> {
    let fault = if bounds.is_empty() {
        Some("there must be at least one bucket".to_owned())
    } else if let Some(bound) = bounds.iter().find(|bound| !bound.is_finite()) {
        Some(format!(
            "{bound} is no finite bound; `+Inf` is always added"
        ))
    } else if let Some(bound) = bounds.iter().find(|bound| **bound < 0.0) {
        Some(format!("no request takes {bound} seconds"))
    } else {
        bounds
            .windows(2)
            .find(|pair| pair[0] >= pair[1])
            .map(|pair| format!("bounds must increase, but {} follows {}", pair[1], pair[0]))
    };
    match fault {
        Some(reason) => Err(ConfigError::new(setting, text, reason)),
        None => Ok(()),
    }
}

/// A JSON object of strings, or `name=value` between commas.
pub(super) fn parse_labels(text: &str) -> Result<Vec<(String, String)>, ConfigError> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str::<BTreeMap<_, _>>(text)
            .map(|labels| labels.into_iter().collect())
            .map_err(|error| {
                ConfigError::new(
                    LABELS,
                    text,
                    format!("not a JSON object of strings: {error}"),
                )
            });
    }
    text.split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            pair.split_once('=')
                .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
                .ok_or_else(|| {
                    ConfigError::new(
                        LABELS,
                        text,
                        format!("`{pair}` is not of the form name=value"),
                    )
                })
        })
        .collect()
}

pub(super) fn check_labels(
    setting: &'static str,
    labels: &[(String, String)],
) -> Result<(), ConfigError> {
    for (index, (name, value)) in labels.iter().enumerate() {
        let of_tasks = || {
            label::RESERVED_OF_TASKS
                .contains(&name.as_str())
                .then(|| format!("`{name}` is reserved; the families of tasks use it themselves"))
        };
        let fault = label::name_fault(name).or_else(of_tasks).or_else(|| {
            labels[..index]
                .iter()
                .any(|(earlier, _)| earlier == name)
                .then(|| format!("`{name}` is given twice"))
        });
        let fault = fault.or_else(|| {
            let reason = "has an empty value, which is the same as no label to Prometheus";
            value.is_empty().then(|| format!("`{name}` {reason}"))
        });
        if let Some(reason) = fault {
            return Err(ConfigError::new(setting, format!("{name}={value}"), reason));
        }
    }
    Ok(())
}

pub(super) fn push_prefix(
    prefix: &mut String,
    option: &'static str,
    set: Option<String>,
    variable: &'static str,
    lookup: &impl Fn(&'static str) -> Option<String>,
) -> Result<(), ConfigError> {
    let (setting, part) = match set {
        Some(part) => (option, part),
        None => (
            variable,
            lookup(variable).unwrap_or_default().trim().to_owned(),
        ),
    };
    if let Some(reason) = label::prefix_fault(&part) {
        return Err(ConfigError::new(setting, part, reason));
    }
    if !part.is_empty() {
        prefix.push_str(&part);
        prefix.push('_');
    }
    Ok(())
}

pub(super) fn check_endpoint(endpoint: &str) -> Result<(), ConfigError> {
    let reason = if !endpoint.starts_with('/') || endpoint == "/" {
        "a path starts with `/` and names something"
    } else if endpoint.contains(['{', '}', '?', '#', ' ']) {
        "a path without parameters, query and spaces is needed"
    } else {
        return Ok(());
    };
    Err(ConfigError::new("endpoint", endpoint, reason))
}

/// What is wrong with a name for the gauge, if anything: a sample of another family may have it.
fn inprogress_fault(name: &str) -> Option<String> {
    const OTHERS: [&str; 6] = [
        "http_requests",
        "http_request_duration_seconds",
        "http_request_size_bytes",
        "http_response_size_bytes",
        "http_exceptions",
        "http_request_duration_highr_seconds",
    ];
    if OTHERS.contains(&name) {
        return Some(format!("`{name}` is another family's name"));
    }
    let suffix = ["_total", "_bucket", "_sum", "_count", "_created"]
        .into_iter()
        .find(|suffix| name.ends_with(suffix))?;
    Some(format!(
        "a gauge's name does not end in `{suffix}`, which is kept for samples of counters, histograms and summaries"
    ))
}

pub(super) fn check_inprogress_name(name: &str) -> Result<(), ConfigError> {
    let fault = if name.is_empty() || label::prefix_fault(name).is_some() {
        Some(
            "a metric name consists of letters, digits and `_`, and starts with no digit"
                .to_owned(),
        )
    } else {
        inprogress_fault(name)
    };
    match fault {
        Some(reason) => Err(ConfigError::new("inprogress_name", name, reason)),
        None => Ok(()),
    }
}
