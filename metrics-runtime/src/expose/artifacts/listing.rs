//! The catalogue, for programs and for people.

use std::fmt::Write;

use super::{
    super::catalogue::{Catalogue, Family, Objective},
    json::{Json, list},
};
use crate::metric::Kind;

const INTRODUCTION: &str = "\
Generated from the code; a test rewrites it with `UPDATE_ARTIFACTS=1`. A series is a line of `/metrics`. Listed are all that \
the code declares, with those that appear when they are first used; further statuses and error types appear when they first \
occur.";

pub(super) fn json(catalogue: &Catalogue) -> String {
    let families = catalogue.families.iter().map(|family| {
        let labels = family.labels.iter();
        let labels = labels.map(|(name, values)| (name.clone(), list(values.iter().cloned())));
        Json::Object(vec![
            ("name", (&*family.name).into()),
            ("type", kind(family).into()),
            ("unit", family.unit.into()),
            ("help", (&*family.help).into()),
            ("labels", Json::Map(labels.collect())),
            ("series", family.series.into()),
        ])
    });
    let objectives = catalogue.objectives.iter().map(|objective| {
        let labels = objective.labels.iter();
        let labels = labels.map(|(name, value)| (name.clone(), Json::from(&**value)));
        Json::Object(vec![
            ("labels", Json::Map(labels.collect())),
            ("objective", (&*objective.objective).into()),
            ("ratio", objective.ratio.into()),
            ("threshold_seconds", objective.threshold.into()),
        ])
    });
    Json::Object(vec![
        ("families", list(families)),
        ("objectives", list(objectives)),
        ("series", catalogue.series().into()),
    ])
    .print()
}

pub(super) fn markdown(catalogue: &Catalogue) -> String {
    let mut text = format!("# Metrics\n\n{INTRODUCTION}\n\n");
    let mut line = |parts: std::fmt::Arguments<'_>| {
        writeln!(text, "{parts}").expect("a String takes every write");
    };
    line(format_args!("| family | type | series |"));
    line(format_args!("|---|---|---|"));
    for family in &catalogue.families {
        line(format_args!(
            "| `{}` | {} | {} |",
            family.name,
            kind(family),
            family.series
        ));
    }
    line(format_args!("| total | | {} |", catalogue.series()));
    if !catalogue.objectives.is_empty() {
        line(format_args!("\n## Objectives\n"));
        line(format_args!("| of | objective |"));
        line(format_args!("|---|---|"));
        for objective in &catalogue.objectives {
            let labels = objective.labels.iter();
            let labels: Vec<_> = labels
                .map(|(name, value)| format!("{name}={}", code(value)))
                .collect();
            line(format_args!(
                "| {} | {} |",
                labels.join(", "),
                target(objective)
            ));
        }
    }
    for family in &catalogue.families {
        line(format_args!("\n## `{}`\n", family.name));
        let unit = family
            .unit
            .map_or(String::new(), |unit| format!(" ({unit})"));
        let help = plain(&family.help);
        line(format_args!("{}{unit}: {help}", kind(family)));
        if !family.labels.is_empty() {
            line(format_args!(""));
        }
        for (name, values) in &family.labels {
            let values: Vec<_> = values.iter().map(|value| code(value)).collect();
            let values = if values.is_empty() {
                "set by the program".to_owned()
            } else {
                values.join(", ")
            };
            line(format_args!("- `{name}`: {values}"));
        }
    }
    text
}

/// `99.9 % available`, or `99 % within 0.3 s`.
pub(super) fn target(objective: &Objective) -> String {
    let ratio = objective.ratio;
    let percent: f64 = format!("{ratio}e2").parse().unwrap_or(ratio * 100.0);
    match objective.threshold {
        None => format!("{percent} % {}", adjective(&objective.objective)),
        Some(seconds) => format!("{percent} % within {seconds} s"),
    }
}

fn adjective(objective: &str) -> &str {
    match objective {
        "availability" => "available",
        other => other,
    }
}

fn kind(family: &Family) -> &'static str {
    match family.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
        Kind::Summary => "summary",
        Kind::Info => "info",
        Kind::Unknown => "untyped",
    }
}

/// Text as code, in a cell of a table too.
fn code(value: &str) -> String {
    let value = plain(value).replace('|', "\\|");
    if value.is_empty() {
        "\"\"".to_owned()
    } else if value.contains('`') {
        format!("`` {value} ``")
    } else {
        format!("`{value}`")
    }
}

/// Text in one line.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
