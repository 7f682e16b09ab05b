//! What `/metrics` says of annotated functions.

#![expect(
    clippy::float_cmp,
    reason = "every value of a scrape that is compared here is a whole number"
)]

mod tasks {
    mod config;
    mod families;
    mod objectives;
    mod outcomes;
    mod shapes;
}

use metrics_runtime::{Format, render};
use tests::Scrape;

/// The process-wide metrics.
fn now() -> Scrape {
    Scrape::new(render(Format::Text))
}

/// How often a task has ended as ok, error, panic and cancelled.
///
/// Checks that nothing is in progress, and that every run was timed.
fn outcomes(task: &str) -> [f64; 4] {
    let scrape = now();
    let runs = ["ok", "error", "panic", "cancelled"].map(|outcome| {
        scrape.value(&format!(
            r#"task_runs_total{{task="{task}",outcome="{outcome}"}}"#
        ))
    });
    let of_task = |family: &str| scrape.value(&format!(r#"{family}{{task="{task}"}}"#));
    assert_eq!(of_task("task_inprogress"), 0.0, "{task}");
    assert_eq!(
        of_task("task_duration_seconds_count"),
        runs.iter().sum::<f64>(),
        "{task}"
    );
    runs
}
