//! A Grafana dashboard with a panel for every objective, business metric and task.
//!
//! What all services have in common (requests, errors, latency) is on the dashboard that is written by hand; here is what
//! only this one has.

use super::{
    super::catalogue::{Catalogue, Family, Objective, Subject},
    grafana::{INTERVAL, Layout, Panel, select},
    listing::target,
};
use crate::metric::Kind;

pub(super) fn json(catalogue: &Catalogue) -> String {
    let mut layout = Layout::default();
    let objectives = catalogue.objectives.iter().map(objective_panel);
    layout.row("Objectives", objectives);
    let business = catalogue.families.iter();
    let business = business.filter(|family| family.subject == Subject::Business);
    layout.row("Business metrics", business.map(business_panel));
    layout.row("Tasks", task_panels(catalogue));
    let prefix = catalogue.prefix.trim_end_matches('_');
    let title = if prefix.is_empty() {
        "Objectives, business metrics and tasks".to_owned()
    } else {
        format!("{prefix}: objectives, business metrics and tasks")
    };
    // A family that every instance shows from the start.
    let mut shown = catalogue.families.iter();
    let shown = shown.find(|family| family.kind == Kind::Counter && family.series > 0);
    let family = shown.map_or("up", |family| &family.name);
    layout.dashboard(&uid(prefix), &title, family)
}

/// What the dashboard replaces when it is imported again: Grafana takes 40 characters.
fn uid(prefix: &str) -> String {
    let uid = ["generated", prefix].join("-");
    uid.trim_end_matches('-').chars().take(40).collect()
}

/// How many times faster than allowed the error budget is spent.
fn objective_panel(objective: &Objective) -> Panel {
    let labels = || {
        let labels = objective.labels.iter();
        let labels = labels.map(|(name, value)| (name.as_str(), value.as_str()));
        labels.chain([("objective", &*objective.objective)])
    };
    let family = |name: &str| select(&format!("{}_slo_{name}", objective.subject), labels());
    let burn_rate = |window: &str| {
        let errors = family("errors_total");
        let events = family("events_total");
        let ratio = family("objective_ratio");
        format!(
            "sum(rate({errors}[{window}])) / (sum(rate({events}[{window}])) > 0) / (1 - max({ratio}))"
        )
    };
    let value = |wanted: &str| {
        let mut labels = objective.labels.iter();
        let found = labels.find(|(name, _)| name == wanted);
        found.map_or("", |(_, value)| value)
    };
    let subject = format!("{} {}{}", value("method"), value("handler"), value("task"));
    Panel {
        title: format!("{}: {}", subject.trim(), target(objective)),
        description:
            "Burn rate: 1 spends the error budget of 30 days in 30 days, 14.4 a fiftieth of it in an hour. Empty without \
             events."
                .to_owned(),
        unit: "short",
        targets: ["1h", "5m"]
            .map(|window| (burn_rate(window), format!("over {window}")))
            .into(),
        thresholds: &[(0.0, "green"), (1.0, "yellow"), (6.0, "orange"), (14.4, "red")],
        is_positive: true,
            is_table: false,
    }
}

fn business_panel(family: &Family) -> Panel {
    let by = varying_labels(family);
    let sum = |query: &str| format!("sum{}({query})", clause(&by));
    let rate = |suffix: &str| {
        let series = select(&format!("{}{suffix}", family.name), []);
        sum(&format!("rate({series}[{INTERVAL}])"))
    };
    let mut legend = by
        .iter()
        .map(|name| format!("{{{{{name}}}}}"))
        .collect::<Vec<_>>()
        .join(" ");
    if legend.is_empty() {
        legend.clone_from(&family.name);
    }
    let targets = match family.kind {
        Kind::Counter => vec![(rate(""), legend)],
        Kind::Histogram => quantiles(&family.name, []),
        Kind::Summary => {
            let mean = format!("{} / ({} > 0)", rate("_sum"), rate("_count"));
            vec![(mean, legend)]
        }
        Kind::Gauge | Kind::Unknown => vec![(sum(&select(&family.name, [])), legend)],
        Kind::Info => vec![(select(&family.name, []), legend)],
    };
    Panel {
        title: family.name.clone(),
        description: family.help.clone(),
        unit: unit(family),
        targets,
        thresholds: &[],
        is_positive: !matches!(family.kind, Kind::Gauge | Kind::Unknown | Kind::Info),
        is_table: family.kind == Kind::Info,
    }
}

/// Every task that is shown before it runs, with its runs by outcome and how long they take.
fn task_panels(catalogue: &Catalogue) -> impl Iterator<Item = Panel> {
    let named = |bare: &str| {
        catalogue.families.iter().find(|family| {
            family.subject == Subject::Task
                && family
                    .name
                    .strip_prefix(&catalogue.prefix)
                    .unwrap_or(&family.name)
                    == bare
        })
    };
    let runs = named("task_runs_total");
    let duration = named("task_duration_seconds");
    let tasks = runs.and_then(|runs| runs.labels.get("task"));
    tasks.into_iter().flatten().flat_map(move |task| {
        let labels = [("task", task.as_str())];
        let runs = runs.map(|runs| Panel {
            title: format!("{task}: runs"),
            description: runs.help.clone(),
            unit: "cps",
            targets: vec![(
                format!(
                    "sum by (outcome) (rate({}[{INTERVAL}]))",
                    select(&runs.name, labels)
                ),
                "{{outcome}}".to_owned(),
            )],
            thresholds: &[],
            is_positive: true,
            is_table: false,
        });
        let duration = duration.map(|duration| Panel {
            title: format!("{task}: duration"),
            description: duration.help.clone(),
            unit: "s",
            targets: quantiles(&duration.name, labels),
            thresholds: &[],
            is_positive: true,
            is_table: false,
        });
        runs.into_iter().chain(duration)
    })
}

fn quantiles<'a>(
    name: &str,
    labels: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Vec<(String, String)> {
    let buckets = select(&format!("{name}_bucket"), labels);
    [("0.5", "p50"), ("0.95", "p95"), ("0.99", "p99")]
        .map(|(quantile, legend)| {
            let rates = format!("sum by (le) (rate({buckets}[{INTERVAL}]))");
            let query = format!("histogram_quantile({quantile}, {rates})");
            (query, legend.to_owned())
        })
        .into()
}

/// The labels that tell a family's series apart.
fn varying_labels(family: &Family) -> Vec<&str> {
    let labels = family.labels.iter();
    let varying = labels.filter(|(name, values)| values.len() > 1 && *name != "le");
    varying.map(|(name, _)| name.as_str()).collect()
}

fn clause(by: &[&str]) -> String {
    if by.is_empty() {
        String::new()
    } else {
        format!(" by ({}) ", by.join(", "))
    }
}

/// Grafana's name of the unit in which a panel shows the family.
fn unit(family: &Family) -> &'static str {
    match (family.kind, family.unit) {
        (Kind::Info, _) => "none",
        (Kind::Counter, Some("bytes")) => "Bps",
        (Kind::Counter, _) => "cps",
        (_, Some("seconds")) => "s",
        (_, Some("bytes")) => "bytes",
        (_, Some("ratio")) => "percentunit",
        _ => "short",
    }
}
