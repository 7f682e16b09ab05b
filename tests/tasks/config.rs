//! What the configuration does to tasks: each case is a process of its own.

use std::{env, process::Command};

use metrics_runtime::{Config, Format, instrument_task, prometheus, registry, render, value};
use tests::Scrape;

#[instrument_task(task = "configured", labels(team = "catalog"), slo(availability = 99))]
fn configured() {}

/// What a process with these variables shows after one run.
fn shown_with(variables: &[(&str, &str)]) -> Scrape {
    let output = Command::new(env::current_exe().expect("a test has a path"))
        .args([
            "--exact",
            "tasks::config::child",
            "--ignored",
            "--nocapture",
        ])
        .envs(variables.iter().copied())
        .output()
        .expect("the test runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let (_, text) = text.split_once("=== begin\n").expect("it begins");
    let (text, _) = text.split_once("=== end\n").expect("it ends");
    Scrape::new(text)
}

#[test]
#[ignore = "run by others, with an environment"]
fn child() {
    configured();
    println!("=== begin\n{}=== end", render(Format::Text));
}

#[test]
fn names_take_the_prefix_and_the_custom_labels() {
    let scrape = shown_with(&[
        ("METRICS_NAMESPACE", "acme"),
        ("METRICS_SUBSYSTEM", "jobs"),
        ("CUSTOM_LABELS", "service=orders,team=overridden"),
    ]);
    let labels = r#"team="catalog",service="orders""#;
    for (series, expected) in [
        (
            format!(r#"acme_jobs_task_runs_total{{task="configured",outcome="ok",{labels}}}"#),
            1.0,
        ),
        (
            format!(r#"acme_jobs_task_duration_seconds_count{{task="configured",{labels}}}"#),
            1.0,
        ),
        (
            format!(r#"acme_jobs_task_inprogress{{task="configured",{labels}}}"#),
            0.0,
        ),
    ] {
        assert_eq!(scrape.value(&series), expected, "{series}");
    }
    let unprefixed = scrape
        .samples()
        .find(|(series, _)| series.starts_with("task_") && !series.starts_with("task_slo_"));
    assert_eq!(unprefixed, None);
    // The names of the families of objectives are the same in every service.
    for (family, expected) in [
        ("objective_ratio", 0.99),
        ("events_total", 1.0),
        ("errors_total", 0.0),
    ] {
        let series =
            format!(r#"task_slo_{family}{{task="configured",objective="availability",{labels}}}"#);
        assert_eq!(scrape.value(&series), expected, "{series}");
    }
}

#[test]
fn disabled_metrics_record_no_run() {
    let scrape = shown_with(&[("ENABLE_METRICS", "false")]);
    assert!(!scrape.mentions("task_"), "{}", scrape.text());
}

#[test]
fn labels_of_the_families_cannot_be_custom() {
    for name in ["task", "outcome", "error_type"] {
        let error = Config::builder()
            .custom_label(name, "x")
            .build()
            .unwrap_err();
        assert_eq!(
            error.reason(),
            format!("`{name}` is reserved; the families of tasks use it themselves")
        );
    }
}

#[test]
fn the_registry_holds_the_names_and_gives_the_families() {
    configured();
    let labels = [
        ("task", "configured"),
        ("outcome", "ok"),
        ("team", "catalog"),
    ];
    assert!(value("task_runs_total", &labels) >= Some(1.0));
    let taken = prometheus::IntCounter::new("task_runs_total", "Another's.").unwrap();
    assert!(registry().register(Box::new(taken)).is_err());
    for name in [
        "task_slo_objective_ratio",
        "task_slo_events_total",
        "task_slo_errors_total",
    ] {
        let taken = prometheus::IntCounter::new(name, "Another's.").unwrap();
        assert!(registry().register(Box::new(taken)).is_err(), "{name}");
    }
    let gathered = registry().gather();
    let family = gathered
        .iter()
        .find(|family| family.name() == "task_runs_total");
    assert!(family.is_some_and(|family| !family.get_metric().is_empty()));
}
